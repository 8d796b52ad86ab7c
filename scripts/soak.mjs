// Logs in over and over, through a sandbox in a process of its own, and looks at what stays behind: memory, sessions,
// listeners, sockets. `node scripts/soak.mjs [logins]`; 20,000 by default. Ends with status 1 if anything does.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const APP = { appId: '100000042', appKey: 'made-up-app-key-0123456789abcdef' };
const AT_ONCE = 8;
const MEGABYTE = 1024 * 1024;
/** What the heap may differ by after the first half, in which every cache fills. */
const MOST_GROWTH_MB = 4;
const MOST_MS_PER_LOGIN = 60;

/** The sandbox remembers every login it saw, as QQ would; its memory is none of what is measured. */
async function playQQ() {
  const { startSandbox } = await import('express-qq-connect/sandbox');
  const sandbox = await startSandbox({ apps: [APP], autoApprove: true });
  process.on('message', () => sandbox.failNext('user_info', 'reset'));
  process.once('disconnect', () => void sandbox.close());
  process.send(sandbox.url);
}

async function startSite(graphUrl) {
  const [{ default: express }, { default: session }, { qqConnect, qqErrorHandler }] = await Promise.all([
    import('express'),
    import('express-session'),
    import('express-qq-connect'),
  ]);
  const app = express();
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const store = new session.MemoryStore();
  const events = {};
  app.use(session({ secret: 'a secret of the soak', resave: false, saveUninitialized: false, store }));
  app.use(
    qqConnect({
      ...APP,
      graphUrl,
      redirectUri: `${url}/auth/qq/callback`,
      onEvent: ({ type }) => (events[type] = (events[type] ?? 0) + 1),
    }),
  );
  app.use(qqErrorHandler());
  return { url, server, store, events };
}

function ask(url, { agent, cookies, method = 'GET' }) {
  const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
  return new Promise((resolve, reject) => {
    request(url, { agent, method, headers: cookie === '' ? {} : { cookie } }, (response) => {
      for (const line of response.headers['set-cookie'] ?? []) {
        const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
        if (/; Max-Age=0/i.test(line)) cookies.delete(name);
        else cookies.set(name, value);
      }
      response.resume().once('end', () => resolve({ status: response.statusCode, to: response.headers.location }));
    })
      .once('error', reject)
      .end();
  });
}

/** One visitor: logs in, looks who they are, reloads the callback now and then, logs out. */
async function visit(site, agent, number) {
  const browser = { agent, cookies: new Map() };
  const { to } = await ask(`${site.url}/auth/qq/login?returnTo=/page/${number}`, browser);
  if (number % 10 === 0) return 'left at QQ';
  const { to: callback } = await ask(to, { agent, cookies: new Map() });
  const answer = await ask(callback, browser);
  if (answer.status === 502) return 'failed at QQ';
  const user = await ask(`${site.url}/auth/qq/user`, browser);
  const again = number % 7 === 0 ? await ask(callback, browser) : answer;
  const logout = await ask(`${site.url}/auth/qq/logout`, { ...browser, method: 'POST' });
  const right =
    answer.to === `/page/${number}` && user.status === 200 && again.to === answer.to && logout.status === 303;
  return right ? 'logged in' : 'went wrong';
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

function heap() {
  collect();
  collect();
  return process.memoryUsage().heapUsed / MEGABYTE;
}

function listeners(server) {
  const counts = (emitter) => emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]);
  return JSON.stringify([counts(process).sort(), counts(server).sort()]);
}

function openSockets() {
  return process.getActiveResourcesInfo().filter((name) => /^TCP/.test(name)).length;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function soak(logins) {
  const qq = fork(fileURLToPath(import.meta.url), ['--sandbox']);
  const [graphUrl] = await once(qq, 'message');
  const site = await startSite(graphUrl);
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * AT_ONCE });
  const warnings = [];
  process.on('warning', (warning) => warnings.push(warning.message));

  const deadline = Date.now() + 60_000 + logins * MOST_MS_PER_LOGIN;
  const outcomes = {};
  const samples = [];
  let faults = 0;
  let next = 0;
  const listenersBefore = listeners(site.server);
  const started = Date.now();
  const worker = async () => {
    while (next < logins && Date.now() < deadline) {
      const number = next++;
      if (number % 50 === 1 && number < logins - AT_ONCE) {
        faults += 1;
        qq.send('fail');
      }
      const outcome = await visit(site, agent, number);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (number >= logins / 2 && number % Math.ceil(logins / 20) === 0) samples.push(heap());
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (Date.now() - started) / 1000;
  const listenersAfter = listeners(site.server);

  agent.destroy();
  const sessions = Object.keys(site.store.sessions).length;
  site.server.close();
  site.server.closeAllConnections();
  qq.disconnect();
  await once(qq, 'exit');
  // Idle connections to QQ are kept for a few seconds.
  for (let waited = 0; openSockets() > 0 && waited < 10_000; waited += 100) await wait(100);

  const growth = median(samples.slice(-3)) - median(samples.slice(0, 3));
  const numbers = {
    logins: next,
    seconds,
    'logins per second': Math.round(next / seconds),
    ...outcomes,
    events: site.events,
    'heap after each twentieth of the second half, MB': samples.map((sample) => Number(sample.toFixed(1))),
    'heap growth, MB': Number(growth.toFixed(2)),
    'RSS, MB': Math.round(process.memoryUsage.rss() / MEGABYTE),
    'sessions left': sessions,
    'sockets left': openSockets(),
    'faults at QQ': faults,
    warnings,
  };
  console.log(numbers);
  const checks = {
    'every login was made in time': next === logins,
    'none went wrong': !outcomes['went wrong'],
    'only those failed that were made to': Math.abs((outcomes['failed at QQ'] ?? 0) - faults) <= AT_ONCE,
    'memory is flat': growth < MOST_GROWTH_MB,
    'no session is left': sessions === 0,
    'no listener is left': listenersAfter === listenersBefore,
    'no socket is left': openSockets() === 0,
    'nothing was warned of': warnings.length === 0,
  };
  for (const [what, holds] of Object.entries(checks)) console.log(`${holds ? '✓' : '✗'} ${what}`);
  return Object.values(checks).every(Boolean);
}

if (process.argv[2] === '--sandbox') {
  await playQQ();
} else {
  const logins = Number(process.argv[2] ?? 20_000);
  if (!Number.isInteger(logins) || logins < 100) throw new Error('soak: the number of logins must be 100 or more');
  process.exitCode = (await soak(logins)) ? 0 : 1;
}
