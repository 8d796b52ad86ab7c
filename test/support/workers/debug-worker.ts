// Runs a login, a cancelled login, a callback with a wrong state and a refresh, and prints every secret of them as JSON.
import { Visitor, startSite } from '../site.js';

const secrets: (string | undefined)[] = ['4929'];

await using site = await startSite({
  qq: {
    onLogin({ tokens, user }) {
      secrets.push(tokens.accessToken, tokens.refreshToken, user.openid);
    },
  },
  routes: (app) => {
    app.get('/token', (req, res, next) => {
      const { rejected } = req.query;
      req.qqConnect
        .accessToken(typeof rejected === 'string' ? { rejected } : {})
        .then((token) => void res.json({ token }), next);
    });
  },
});
const say = (step: string): void => void process.stderr.write(`STEP ${step}\n`);
const visitor = new Visitor(site);

say('login');
const callback = await visitor.toCallback('/private?card=4929');
const landed = await visitor.callback(callback);
say('cancel');
site.sandbox.failNext('authorize', 'cancel');
await new Visitor(site).login();
say('wrong state');
await new Visitor(site).callback(callback);
say('refresh');
const first = (await visitor.agent.get('/token')).body as { token: string };
const second = (await visitor.agent.get(`/token?rejected=${first.token}`)).body as { token: string };

secrets.push(first.token, second.token, ...callback.searchParams.values());
secrets.push(/connect\.sid=([^;]+)/.exec(String(landed.headers['set-cookie']))?.[1]);
process.stdout.write(JSON.stringify(secrets));
