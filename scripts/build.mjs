// Builds dist/ from src/: types by tsc, one JavaScript file for each door by esbuild. An old build goes first, so that
// nothing stays in the tarball that is no longer in the source.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const doors = ['index', 'client', 'avatars', 'redis', 'sandbox', 'cli'];
/** What becomes part of dist/, as zod alone would be a hundred modules. */
const BUNDLED = ['zod'];

function tsc(...options) {
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', ...options], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Fails where anything but this package and BUNDLED would go into dist/ unnoticed. */
function judgeInputs({ inputs }) {
  const packages = Object.keys(inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  const strangers = new Set(packages.filter((name) => name !== undefined && !BUNDLED.includes(name)));
  if (strangers.size > 0)
    throw new Error(`dist/ would hold ${[...strangers].join(', ')}: list it, or make it external`);
}

rmSync('dist', { recursive: true, force: true });
tsc('-p', 'tsconfig.build.json');
const { metafile } = await build({
  entryPoints: doors.map((door) => `src/${door}.ts`),
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  charset: 'utf8',
  keepNames: true,
  external: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
  metafile: true,
  logLevel: 'warning',
});
judgeInputs(metafile);
const licenses = BUNDLED.map((name) => {
  const file = readdirSync(`node_modules/${name}`).find((entry) => entry.startsWith('LICENSE'));
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  return `${name} ${version}\n\n${readFileSync(`node_modules/${name}/${file}`, 'utf8').trim()}\n`;
});
writeFileSync(
  'dist/THIRD-PARTY-LICENSES.txt',
  `Parts of these packages are built into this one.\n\n${licenses.join('\n')}`,
);
chmodSync('dist/cli.js', 0o755);

// The browser module goes over the wire: its comments stay in its types.
const browser = ['-p', 'src/browser/tsconfig.build.json'];
tsc(...browser, '--emitDeclarationOnly');
tsc(...browser, '--declaration', 'false', '--removeComments');
