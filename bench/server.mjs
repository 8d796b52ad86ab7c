// One contender as a real Express 5 server with express-session on the memory store.
import express from 'express';
import session from 'express-session';

const [contender, upstream] = process.argv.slice(2);
const app = express();
const store = new session.MemoryStore();
const server = app.listen(0, '127.0.0.1', async () => {
  const site = `http://127.0.0.1:${server.address().port}`;
  app.use(session({ secret: 'a secret of the benchmark', resave: false, saveUninitialized: false, store }));
  const { mount, nicknameOf } = await import(`./servers/${contender}.mjs`);
  const paths = mount(app, { upstream, site, appId: '100000042', appKey: 'made-up-app-key-0123456789abcdef' });
  app.get('/user', (req, res) => res.json({ nickname: nicknameOf(req) }));
  process.send({ site, ...paths });
});
server.keepAliveTimeout = 60_000;

process.on('message', ({ ask }) => {
  if (ask === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send({ cpu: user + system, rss: process.memoryUsage().rss });
  } else {
    store.all((error, sessions) => process.send({ error, sessions: Object.values(sessions) }));
  }
});
process.on('disconnect', () => process.exit());
