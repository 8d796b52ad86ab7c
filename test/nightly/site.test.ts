import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { chromiumFor } from '../support/chromium.js';
import { seriousFindings, launch } from '../e2e/browser.js';

const DIST = 'site/dist';
const executablePath = chromiumFor('site.test.ts');

function pages(): string[] {
  return readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
}

/** The links of a page that lead to no page, or to no heading of it. */
function brokenLinks(page: string, headings: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const html = readFileSync(join(DIST, page), 'utf8');
  const links = [...html.matchAll(/<a [^>]*href="(\/[^"]*|#[^"]*)"/g)].map(([, href = '']) => href);
  return links.filter((href) => {
    const [path = '', fragment] = href.replaceAll('&amp;', '&').split('#');
    const target =
      path === ''
        ? page
        : `${decodeURI(path)
            .slice(1)
            .replace(/\/$|^$/, '/index')
            .replace(/^\//, '')}.html`;
    const ids = headings.get(target);
    return !ids || (fragment !== undefined && fragment !== '' && !ids.has(decodeURIComponent(fragment)));
  });
}

beforeAll(() => {
  execFileSync('npm', ['run', 'docs'], { stdio: 'pipe' });
}, 900_000);

describe('the pages of the documentation site', () => {
  it('link to existing pages and headings', () => {
    const headings = new Map(
      pages().map((page) => {
        const html = readFileSync(join(DIST, page), 'utf8');
        return [page, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id))];
      }),
    );
    expect(headings.size).toBeGreaterThan(50);
    expect(pages().flatMap((page) => brokenLinks(page, headings).map((href) => `${page}: ${href}`))).toEqual([]);
  });
});

(executablePath === undefined ? describe.skip : describe)('the documentation site, in a browser', () => {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = express()
      .use(express.static(DIST, { extensions: ['html'] }))
      .listen(0, '127.0.0.1');
    await once(server, 'listening');
    browser = await launch(executablePath ?? '');
  });
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  describe.each([
    ['a desktop', { width: 1280, height: 900 }],
    ['a phone', { width: 390, height: 800 }],
  ])('on %s', (_name, viewport) => {
    it.each(['/', '/zh/', '/zh/guide/first-login', '/reference', '/zh/reference', '/api/redis'])(
      '%s has no serious finding of axe and logs no error',
      async (path) => {
        const context = await browser.newContext({ viewport });
        const page = await context.newPage();
        const errors: string[] = [];
        page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
        const { port } = server.address() as AddressInfo;
        await page.goto(`http://127.0.0.1:${port}${path}`, { waitUntil: 'networkidle' });
        expect([await seriousFindings(page), errors]).toEqual([[], []]);
        await context.close();
      },
      300_000,
    );
  });
});
