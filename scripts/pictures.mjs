// Draws the pictures of README.md and README.zh-CN.md from the real pages: the example, the sandbox and `doctor`.
// Each picture exists in both languages, light and dark, in docs/images. Ports 3000 and 9010 must be free.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { main as runCommand } from '../dist/cli/main.js';

const SITE = 'http://localhost:3000';
const SANDBOX = 'http://127.0.0.1:9010';
const MAX_BYTES = 120_000;

const LANGUAGES = {
  en: {
    locale: 'en-US',
    clear: 'Clear',
    height: 480,
    user: '林小满',
    frames: ['Your page', 'QQ’s page, here the sandbox’s', 'Your page, with req.qqUser'],
  },
  zh: {
    locale: 'zh-CN',
    clear: '清空',
    height: 445,
    user: '林小满',
    frames: ['你的页面', 'QQ 的登录页（此处为沙箱）', '你的页面，可读取 req.qqUser'],
  },
};

const THEMES = {
  light: { ground: '#ffffff', text: '#1f2328', line: '#d1d9e0', green: '#1a7f37', yellow: '#9a6700', red: '#cf222e' },
  dark: { ground: '#0d1117', text: '#f0f6fc', line: '#3d444d', green: '#3fb950', yellow: '#d29922', red: '#f85149' },
};

/** Starts the example application with its sandbox, in an empty folder. */
async function startExample(directory) {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [resolve('build/example-app/main.js')], {
    cwd: directory,
    env: { PATH, HOME },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  await new Promise((resolve) => {
    child.once('exit', resolve);
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      if (output.includes('Ctrl-C stops it.')) resolve();
    });
  });
  if (child.exitCode !== null || !output.includes(SITE) || !output.includes(SANDBOX)) {
    child.kill();
    throw new Error(`The example did not start on the ports 3000 and 9010:\n${output}`);
  }
  return child;
}

const escape = (text) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
const dataUrl = (png) => `data:image/png;base64,${png.toString('base64')}`;

/** Renders HTML on the background of GitHub's page, and returns the image of its body. */
async function render(context, theme, width, css, body) {
  const page = await context.newPage();
  await page.setViewportSize({ width, height: 100 });
  await page.setContent(
    `<style>body { margin: 0; background: ${theme.ground}; color: ${theme.text}; font: 16px/1.5 system-ui, "Noto Sans CJK SC", sans-serif }
    ${css}</style>${body}`,
    { waitUntil: 'load' },
  );
  const png = await page.screenshot({ fullPage: true });
  await page.close();
  return png;
}

async function save(png, name, options = { quality: 80 }) {
  const { size } = await sharp(png)
    .webp({ effort: 6, ...options })
    .toFile(`docs/images/${name}.webp`);
  if (size > MAX_BYTES) throw new Error(`docs/images/${name}.webp has ${size} bytes, more than ${MAX_BYTES}.`);
  console.log(`docs/images/${name}.webp  ${Math.round(size / 1000)} kB`);
}

/** The login on a phone in three frames. */
async function drawLogin(context, theme, { frames, height, user }) {
  const page = await context.newPage();
  await page.setViewportSize({ width: 375, height });
  const pictures = [];
  const keep = async () => pictures.push(dataUrl(await page.screenshot()));
  await page.goto(SITE);
  await keep();
  await page.locator('.qq-button').first().click();
  await page.waitForURL(`${SANDBOX}/**`);
  await keep();
  await page.getByRole('button', { name: user }).click();
  await page.waitForURL(`${SITE}/`);
  await page.waitForLoadState('networkidle');
  await keep();
  await page.close();
  const css = `ol { display: flex; gap: 44px; list-style: none; margin: 0; padding: 4px } li { position: relative; text-align: center; font-weight: 600 }
    img { display: block; width: 375px; margin-bottom: 14px; border: 1px solid ${theme.line}; border-radius: 18px }
    li + li::before { content: "→"; position: absolute; left: -39px; top: 200px; font-size: 34px }`;
  const items = frames.map((caption, i) => `<li><img src="${pictures[i]}">${escape(caption)}</li>`);
  return render(context, theme, 1225, css, `<ol>${items.join('')}</ol>`);
}

/** The console of the sandbox after a login that failed and one that succeeded. */
async function drawConsole(context, { user, clear }) {
  const page = await context.newPage();
  const login = async () => {
    await page.goto(`${SITE}/auth/qq/login`);
    await page.getByRole('button', { name: user }).click();
    await page.waitForURL(`${SITE}/**`);
  };
  await page.setViewportSize({ width: 1280, height: 660 });
  await context.clearCookies();
  await page.goto(SANDBOX);
  await page.getByRole('button', { name: clear }).click();
  await page.locator('button[value="token 100020"]').click();
  await login();
  await login();
  await page.goto(SANDBOX);
  const png = await page.screenshot();
  await page.close();
  return png;
}

/** What `doctor` prints about a redirect URI that differs from that of the running site. */
async function drawDoctor(context, theme, language, directory) {
  let text = '';
  const write = (part) => (text += part);
  await runCommand(['doctor', '--lang', language, '--url', SITE], {
    stdout: { write, isTTY: true, columns: 92 },
    stderr: { write },
    cwd: directory,
    env: {
      QQ_APP_ID: '100000001',
      QQ_APP_KEY: 'sandbox-app-key-not-a-secret',
      QQ_REDIRECT_URI: `${SITE}/auth/qq/callback/`,
      QQ_GRAPH_URL: SANDBOX,
      SESSION_SECRET: 'changeme',
    },
  });
  const styles = {
    1: 'font-weight: 700',
    2: 'opacity: .7',
    31: `color: ${theme.red}`,
    32: `color: ${theme.green}`,
    33: `color: ${theme.yellow}`,
  };
  // eslint-disable-next-line no-control-regex -- the colours of a terminal
  const html = escape(text).replace(/\u001b\[(\d+)m/g, (_code, code) =>
    styles[code] ? `<span style="${styles[code]}">` : '</span>',
  );
  const css = `pre { margin: 4px; padding: 18px 22px; border: 1px solid ${theme.line}; border-radius: 12px; font: 15px/1.5 "DejaVu Sans Mono", Menlo, Consolas, "Noto Sans Mono CJK SC", monospace; white-space: pre-wrap }`;
  return render(
    context,
    theme,
    960,
    css,
    `<pre>$ npx express-qq-connect doctor --url ${SITE}\n${html.trimEnd()}</pre>`,
  );
}

const directory = mkdtempSync(join(tmpdir(), 'pictures-'));
const example = await startExample(directory);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  for (const [language, words] of Object.entries(LANGUAGES)) {
    for (const [name, theme] of Object.entries(THEMES)) {
      const context = await browser.newContext({
        locale: words.locale,
        colorScheme: name,
        deviceScaleFactor: 1.5,
        reducedMotion: 'reduce',
      });
      await save(await drawLogin(context, theme, words), `login-${language}-${name}`);
      await save(await drawConsole(context, words), `console-${language}-${name}`);
      await save(await drawDoctor(context, theme, language, directory), `doctor-${language}-${name}`, {
        lossless: true,
      });
      await context.close();
    }
  }
} finally {
  await browser.close();
  example.kill('SIGINT');
  await once(example, 'exit');
  rmSync(directory, { recursive: true });
}
