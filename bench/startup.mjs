// A fresh process that loads Express, express-session and one contender, makes the middleware, and says what it took.
const begun = process.hrtime.bigint();
const [contender] = process.argv.slice(2);
const { default: express } = await import('express');
const { default: session } = await import('express-session');
const app = express();
app.use(session({ secret: 'a secret of the benchmark', resave: false, saveUninitialized: false }));
const { mount } = await import(`./servers/${contender}.mjs`);
mount(app, {
  upstream: 'http://127.0.0.1:9',
  site: 'http://127.0.0.1:9',
  appId: '100000042',
  appKey: 'made-up-app-key',
});
process.send({ ms: Number(process.hrtime.bigint() - begun) / 1e6, rss: process.memoryUsage().rss }, () =>
  process.exit(),
);
