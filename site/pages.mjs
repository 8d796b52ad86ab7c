// The pages of the site, in the order of the sidebar: the project's Markdown, and where it is on the site.

/** Pages in both languages; `x.md` has its Chinese version in `x.zh-CN.md`. */
export const sections = [
  {
    en: 'Start',
    zh: '入门',
    pages: ['docs/guide/README.md', 'docs/guide/first-login.md', 'docs/guide/going-live.md', 'example-app/README.md'],
  },
  {
    en: 'In production',
    zh: '生产环境',
    pages: ['docs/guide/production.md', 'docs/guide/traces-and-logs.md', 'docs/guide/privacy.md'],
  },
  {
    en: 'Applications',
    zh: '应用',
    pages: [
      'docs/guide/account-linking.md',
      'docs/guide/popup-and-spa.md',
      'docs/guide/front-end-and-api.md',
      'docs/guide/app-sdk-tokens.md',
      'docs/guide/nestjs.md',
      'docs/guide/other-frameworks.md',
      'docs/guide/moving-from-passport-qq.md',
      'docs/guide/moving-from-grant.md',
    ],
  },
  {
    en: 'Testing',
    zh: '测试',
    pages: [
      'docs/guide/testing-your-app.md',
      'docs/guide/sandbox-for-any-language.md',
      'docs/guide/commonjs-and-jest.md',
    ],
  },
  {
    en: 'Reference',
    zh: '参考',
    pages: [
      'docs/reference.md',
      'docs/guide/error-codes.md',
      'docs/sessions.md',
      'docs/avatars.md',
      'docs/cli.md',
      'docs/guide/text-protocol.md',
    ],
  },
];

/** Pages in English only. */
export const englishOnly = {
  en: 'Project',
  zh: '项目（英文）',
  pages: [
    'docs/benchmark.md',
    'docs/decisions.md',
    'docs/threat-model.md',
    'docs/fault-matrix.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
  ],
};

/** Markdown that is part of another page or of the repository only. */
export const notOnTheSite = ['docs/benchmark-table.md'];

export const chinese = (file) => file.replace(/\.md$/, '.zh-CN.md');

/** Where a file of the repository is on the site, by its path there without `.md`; the README is the home page. */
export function routeOf(file) {
  const isChinese = file.endsWith('.zh-CN.md');
  const name = file.replace(/(\.zh-CN)?\.md$/, '');
  const route = name
    .replace(/^docs\//, '')
    .replace(/^example-app\/README$/, 'example')
    .replace(/README$/, 'index')
    .replace(/^[A-Z]+$/, (word) => word.toLowerCase());
  return isChinese ? `zh/${route}` : route;
}

/** Every file of the repository that is a page. */
export function files() {
  const both = ['README.md', ...sections.flatMap(({ pages }) => pages)];
  return [...both, ...both.map(chinese), ...englishOnly.pages];
}
