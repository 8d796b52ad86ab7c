// One session whose token is due: what 1,000 requests at the same time make of it.
import express from 'express';
import session from 'express-session';
import { qqConnect } from 'express-qq-connect';
import { startSandbox } from 'express-qq-connect/sandbox';

const credentials = { appId: '100000042', appKey: 'made-up-app-key-0123456789abcdef' };
const sandbox = await startSandbox({ apps: [credentials], autoApprove: true, expiresIn: 10 });
const app = express();
const server = app.listen(0, '127.0.0.1', () => {
  const site = `http://127.0.0.1:${server.address().port}`;
  app.use(session({ secret: 'a secret of the benchmark', resave: false, saveUninitialized: false }));
  app.use(qqConnect({ ...credentials, redirectUri: `${site}/auth/qq/callback`, graphUrl: sandbox.url }));
  app.get('/token', (req, res, next) => {
    req.qqConnect.accessToken().then((token) => res.json({ token }), next);
  });
  process.send({
    site,
    sandbox: sandbox.url,
    login: '/auth/qq/login',
    callback: '/auth/qq/callback',
  });
});
process.on('message', () => {
  const refreshes = sandbox.requests.filter(
    ({ query, body }) => ({ ...query, ...body }).grant_type === 'refresh_token',
  );
  process.send({ refreshes: refreshes.length });
});
process.on('disconnect', () => process.exit());
