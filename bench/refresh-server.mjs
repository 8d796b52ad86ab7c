// An application whose handler uses the access token: what 1,000 requests at the same time make of one that is due.
import express from 'express';
import session from 'express-session';
import { qqConnect } from 'express-qq-connect';

const [graphUrl] = process.argv.slice(2);
const credentials = { appId: '100000042', appKey: 'made-up-app-key-0123456789abcdef' };
const app = express();
const server = app.listen({ port: 0, host: '127.0.0.1', backlog: 2_048 }, () => {
  const site = `http://127.0.0.1:${server.address().port}`;
  app.use(session({ secret: 'a secret of the benchmark', resave: false, saveUninitialized: false }));
  app.use(qqConnect({ ...credentials, redirectUri: `${site}/auth/qq/callback`, graphUrl }));
  app.get('/token', (req, res, next) => {
    req.qqConnect.accessToken().then((token) => res.json({ token }), next);
  });
  process.send({ site, login: '/auth/qq/login', callback: '/auth/qq/callback' });
});
server.keepAliveTimeout = 60_000;
process.on('disconnect', () => process.exit());
