import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import { launch } from '../e2e/browser.js';
import { chromiumFor } from '../support/chromium.js';
import { GUIDE, codeBlocks, filesOf } from '../support/code-blocks.js';
import { DocumentReader } from '../support/document-reader.js';
import { startDocumentedApp } from '../support/documented-app.js';
import { freePort } from '../support/programs.js';
import { describeWithNginx, startNginx } from '../support/nginx.js';
import { describeWithRedis, startRedis } from '../support/redis.js';
import type { DocumentedApp } from '../support/documented-app.js';
import type { NginxServer } from '../support/nginx.js';
import type { RedisServer } from '../support/redis.js';

const PAGE = `${GUIDE}/production.md`;
const SITE = 'https://www.example.com';
const executablePath = chromiumFor('test/machine/production-guide.test.ts');

function workersOf(app: DocumentedApp): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=']).toString().trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid, parent]) => (pid !== undefined && parent === app.pid ? [pid] : []));
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('The expected state was not reached within 20 seconds');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describeWithRedis('the production guide', () => {
  describeWithNginx('behind nginx with TLS, in four processes', () => {
    const started: AsyncDisposable[] = [];
    let redis: RedisServer;
    let app: DocumentedApp;
    let nginx: NginxServer;
    let tlsPort: number;
    let httpPort: number;

    beforeAll(async () => {
      redis = await startRedis();
      started.push(redis);
      app = await startDocumentedApp(filesOf(PAGE), {
        main: 'cluster.mjs',
        redirectUri: `${SITE}/auth/qq/callback`,
        sandbox: { autoApprove: false },
        env: { NODE_ENV: 'production', REDIS_URL: redis.url, WEB_CONCURRENCY: '4' },
      });
      started.push(app);
      [tlsPort, httpPort] = [await freePort(), await freePort()];
      const [site] = codeBlocks(PAGE).filter(({ language }) => language === 'nginx');
      const ports = { 3000: Number(new URL(app.url).port), 443: tlsPort, 80: httpPort };
      nginx = await startNginx(site?.text ?? '', ['www.example.com', 'example.com'], ports);
      started.push(nginx);
    }, 60_000);
    afterAll(async () => {
      for (const one of started.reverse()) await one[Symbol.asyncDispose]();
    });

    const reader = (address = '192.0.2.1'): DocumentReader =>
      new DocumentReader(`https://127.0.0.1:${tlsPort}`, {
        origin: SITE,
        headers: { host: 'www.example.com', 'x-forwarded-for': address },
        strip: '',
        certificate: nginx.certificate,
      });

    it('logs a user in over TLS, with a session cookie for this host only, in every process', async () => {
      const browser = reader();
      const page = await browser.visit('/me');
      expect({ status: page.status, output: app.output() }).toEqual({ status: 200, output: app.output() });
      expect(JSON.parse(page.body)).toEqual({ nickname: '林小满' });
      expect(page.headers['set-cookie']?.at(-1)).toMatch(
        /^__Host-session=[^;]+; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/,
      );
      expect(workersOf(app)).toHaveLength(4);
      const answers = await Promise.all(Array.from({ length: 20 }, async () => browser.visit('/me')));
      expect(new Set(answers.map(({ body }) => body))).toEqual(new Set([page.body]));
      expect(app.output()).not.toMatch(/QQ_SESSION|QQ_MOUNT|QQ_ROUTE/);
    }, 60_000);

    (executablePath === undefined ? it.skip : it)(
      'logs a user in from http://example.com in Chromium',
      async () => {
        const rules = [
          `MAP www.example.com:443 127.0.0.1:${tlsPort}`,
          `MAP example.com:443 127.0.0.1:${tlsPort}`,
          `MAP example.com:80 127.0.0.1:${httpPort}`,
        ];
        const browser = await launch(executablePath ?? '', [
          `--host-resolver-rules=${rules.join(', ')}`,
          '--ignore-certificate-errors',
          '--disable-features=HttpsUpgrades',
        ]);
        try {
          const page = await browser.newPage();
          await page.goto('http://example.com/');
          await page.click('text=QQ 登录');
          await page.getByRole('button', { name: '林小满' }).click();
          await page.waitForURL(`${SITE}/me`);
          expect(await page.textContent('body')).toContain('林小满');
          const cookies = await page.context().cookies();
          expect(cookies.map(({ name, secure }) => [name, secure])).toEqual([['__Host-session', true]]);
        } finally {
          await browser.close();
        }
      },
      60_000,
    );

    it('limits the requests that lead to requests to QQ', async () => {
      const browser = reader();
      const statuses = await Promise.all(
        Array.from(
          { length: 60 },
          async () => (await browser.visit('/auth/qq/callback?code=SECRET-CODE&state=x')).status,
        ),
      );
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(10);
      expect((await browser.visit('/')).status).toBe(200);
    }, 30_000);

    it('reports in its health check whether Redis is reachable, and recovers', async () => {
      const health = async (): Promise<number> => (await fetch(`${app.url}/healthz`)).status;
      expect(await health()).toBe(200);
      await redis.kill();
      await until(async () => (await health()) === 503);
      await redis.start();
      await until(async () => {
        const answers = await Promise.all(Array.from({ length: 8 }, health));
        return answers.every((status) => status === 200);
      });
    }, 60_000);

    it('does not wait for a Redis that hangs', async () => {
      const health = async (): Promise<number> => (await fetch(`${app.url}/healthz`)).status;
      const client = createClient({ url: redis.url });
      await client.connect();
      await client.sendCommand(['CLIENT', 'PAUSE', '10000']);
      const requests = setInterval(() => void health().catch(() => 0), 200); // the load under which socketTimeout is too little
      await until(async () => (await health()) === 503);
      clearInterval(requests);
      client.destroy();
      await until(async () => (await health()) === 200);
    }, 60_000);

    it('starts a worker in place of one that ends', async () => {
      const [first = 0] = workersOf(app);
      process.kill(first, 'SIGKILL');
      await until(() => app.output().includes(`Worker ${first} ended (SIGKILL)`));
      await until(() => workersOf(app).length === 4);
      expect((await reader().visit('/')).status).toBe(200);
    }, 60_000);

    it('answers a running request before it stops, and then writes no code into the logs of nginx', async () => {
      const asked = (): number => app.sandbox.requests.filter(({ endpoint }) => endpoint === 'token').length;
      const before = asked();
      app.sandbox.failNext('token', 'timeout');
      const running = reader().visit('/auth/qq/login');
      await until(() => asked() > before);
      const [page, exitCode] = await Promise.all([running, app.stop()]);
      expect({ status: page.status, isFromApp: page.body.includes('qq-connect') || page.body.includes('QQ') }).toEqual({
        status: 504,
        isFromApp: true,
      });
      expect(exitCode).toBe(0);

      await until(async () => (await reader().visit('/auth/qq/callback?code=SECRET-CODE&state=x')).status === 502);
      expect((await reader().visit('/')).status).toBe(502);
      expect(nginx.log('access.log')).toMatch(/"GET \/auth\/qq\/callback" 302/);
      expect(nginx.log('error.log')).toContain('upstream'); // of the page, not of the callback
      for (const name of ['access.log', 'error.log']) expect(nginx.log(name)).not.toMatch(/code=|state=|SECRET-CODE/);
    }, 60_000);
  });
});
