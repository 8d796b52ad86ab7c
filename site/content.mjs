// Writes the site's content: the project's Markdown, with its links changed to where the pages are on the site.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { englishOnly, files, routeOf } from './pages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const content = fileURLToPath(new URL('content/', import.meta.url));
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const pages = new Set(files());

/** A sequence diagram as a numbered list, which needs no script in the browser and can be read aloud. */
function sequenceAsList(diagram) {
  const names = new Map();
  for (const [, name, label = name] of diagram.matchAll(/^\s*participant (\w+)(?: as (.*))?$/gm))
    names.set(name, label);
  const steps = diagram.matchAll(/^\s*(\w+)-{1,2}>>(\w+): (.*)$/gm);
  return [...steps].map(([, from, to, what]) => `1. **${names.get(from)} → ${names.get(to)}**: ${what}`).join('\n');
}

/** A file of the repository that is no page: a link to it where the repository has an address, otherwise only its text. */
function outside(text, path) {
  const url = (repository?.url ?? '').replace(/^git\+/, '').replace(/\.git$/, '');
  return url === '' ? text : `[${text}](${url}/blob/main/${path})`;
}

function toSite(file, route, markdown) {
  const relative = (target) => posix.relative(dirname(route), target) || '.';
  const link = (whole, bang, text, target, fragment = '') => {
    if (/^[a-z]+:/i.test(target) || target === '') return whole;
    const path = posix.normalize(posix.join(posix.dirname(file), decodeURI(target)));
    if (!existsSync(join(root, path))) throw new Error(`${file} links to ${path}, which does not exist`);
    if (bang) return `![${text}](${relative(`public/${path}`).replace(/^(?:\.\.\/)*public\//, '/')})`;
    return pages.has(path) ? `[${text}](${relative(routeOf(path))}.md${fragment})` : outside(text, path);
  };
  // A picture in HTML, with one image for the dark.
  const image = (_whole, attribute, target) =>
    ` ${attribute}="/${posix.normalize(posix.join(posix.dirname(file), target))}"`;
  // Code keeps its text; only prose has links.
  return markdown
    .replace(/^\[(?:中文|English)\]\(.*\n/m, '') // the site's own menus lead to the other language and the other pages
    .replace(/^```mermaid\n([^]*?)^```$/gm, (_block, diagram) => sequenceAsList(diagram))
    .split(/(^```[^]*?^```$|`[^`\n]+`(?!\]))/m)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replace(/(!?)\[((?:[^\]`]|`[^`]*`)*)\]\(([^)#\s]*)(#[^)\s]*)?\)/g, link)
            .replace(/ (src|srcset)="([^":]*)"/g, image)
            // VitePress reads {{ }} as a template.
            .replace(/\{\{/g, '&#123;&#123;'),
    )
    .join('');
}

function write(file, route) {
  const target = join(content, `${route}.md`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, toSite(file, route, readFileSync(join(root, file), 'utf8')));
}

// The API reference is typedoc's.
const kept = join(content, 'api');
if (existsSync(content)) {
  for (const name of readdirSync(content)) if (name !== 'api') rmSync(join(content, name), { recursive: true });
}
for (const file of pages) write(file, routeOf(file));
// The menu of languages leads from a page to the same page, so English pages are among the Chinese ones too.
for (const file of englishOnly.pages) write(file, `zh/${routeOf(file)}`);
if (existsSync(kept)) cpSync(kept, join(content, 'zh/api'), { recursive: true });
cpSync(join(root, 'docs/images'), join(content, 'public/docs/images'), { recursive: true });
cpSync(join(root, 'docs/benchmark.svg'), join(content, 'public/docs/benchmark.svg'));
