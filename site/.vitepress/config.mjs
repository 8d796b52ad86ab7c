import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { chinese, englishOnly, routeOf, sections } from '../pages.mjs';

const root = new URL('../../', import.meta.url);
const { description, version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

const titleOf = (file) => /^# (.*)$/m.exec(readFileSync(new URL(file, root), 'utf8'))?.[1].replaceAll('`', '') ?? file;
const item = (file, prefix) => ({ text: titleOf(file), link: `${prefix}/${routeOf(file).replace(/index$/, '')}` });
const section = (language, { pages, ...title }, path = (file) => file, prefix = '') => ({
  text: title[language],
  items: pages.map((file) => item(path(file), prefix)),
});

/** The API reference, a page for each entry point, if typedoc has written it. */
function apiReference(prefix) {
  const folder = fileURLToPath(new URL('../content/api/', import.meta.url));
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).map((file) => file.replace(/\.md$/, ''));
  const entryPoints = names.filter((name) => !['index', 'express-qq-connect'].includes(name));
  return [
    { text: 'express-qq-connect', link: `${prefix}/api/express-qq-connect` },
    ...entryPoints.map((name) => ({ text: `express-qq-connect/${name}`, link: `${prefix}/api/${name}` })),
  ];
}

const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='4' fill='%230b6bcb'/><text x='8' y='12' font-size='11' font-family='sans-serif' font-weight='700' text-anchor='middle' fill='white'>Q</text></svg>";

/** Headings have the fragments that they have on the pages of a repository. */
const slugify = (text) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

/** Splits Chinese into words, which have no spaces between them. Runs in the browser, so it uses nothing around it. */
function tokenize(text) {
  const words = new Intl.Segmenter('zh', { granularity: 'word' }).segment(text);
  return Array.from(words, ({ segment }) => segment).filter((word) => /[\p{L}\p{N}]/u.test(word));
}

const searchTexts = {
  button: { buttonText: '搜索', buttonAriaLabel: '搜索文档' },
  modal: {
    displayDetails: '显示详细列表',
    resetButtonTitle: '清除',
    backButtonTitle: '关闭搜索',
    noResultsText: '没有找到结果',
    footer: { selectText: '选择', navigateText: '切换', closeText: '关闭' },
  },
};

export default defineConfig({
  title: 'express-qq-connect',
  description,
  base: process.env.DOCS_BASE ?? '/',
  srcDir: 'content',
  outDir: 'dist',
  cacheDir: '.vitepress/cache',
  cleanUrls: true,
  head: [['link', { rel: 'icon', href: ICON }]],
  ignoreDeadLinks: 'localhostLinks', // the address of an application on the reader's machine
  markdown: {
    anchor: { slugify },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  locales: {
    root: {
      label: 'English',
      lang: 'en',
      themeConfig: {
        nav: [
          { text: 'Guide', link: '/guide/' },
          { text: 'Reference', link: '/reference' },
          { text: 'API', link: '/api/express-qq-connect' },
          { text: version, link: '/changelog' },
        ],
        sidebar: {
          '/api/': [{ text: 'API', items: apiReference('') }],
          '/': [...sections.map((one) => section('en', one)), section('en', englishOnly)],
        },
      },
    },
    zh: {
      label: '简体中文',
      lang: 'zh-CN',
      themeConfig: {
        nav: [
          { text: '指南', link: '/zh/guide/' },
          { text: '参考', link: '/zh/reference' },
          { text: 'API（英文）', link: '/zh/api/express-qq-connect' },
          { text: version, link: '/zh/changelog' },
        ],
        sidebar: {
          '/zh/api/': [{ text: 'API', items: apiReference('/zh') }],
          '/zh/': [
            ...sections.map((one) => section('zh', one, chinese)),
            section('zh', englishOnly, (file) => file, '/zh'),
          ],
        },
        outline: { label: '本页目录' },
        docFooter: { prev: '上一页', next: '下一页' },
        darkModeSwitchLabel: '外观',
        lightModeSwitchTitle: '切换到浅色模式',
        darkModeSwitchTitle: '切换到深色模式',
        sidebarMenuLabel: '菜单',
        returnToTopLabel: '回到顶部',
        langMenuLabel: '切换语言',
        skipToContentLabel: '跳到正文',
      },
    },
  },
  themeConfig: {
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        locales: { zh: { translations: searchTexts } },
        miniSearch: { options: { tokenize }, searchOptions: { tokenize } },
      },
    },
  },
});
