/** Mounts the package as its README says and goes through a login as a browser would. */
export async function logIn({ app, session, qqConnect, qqErrorHandler, requireQQUser, startSandbox }) {
  const apps = [{ appId: '100000007', appKey: 'a made-up key' }];
  const sandbox = await startSandbox({ apps, autoApprove: true });
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const site = `http://127.0.0.1:${server.address().port}`;
  app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }));
  app.use(qqConnect({ ...apps[0], graphUrl: sandbox.url, redirectUri: `${site}/auth/qq/callback` }));
  app.get('/me', requireQQUser(), (req, res) => res.json(req.qqUser));
  app.use(qqErrorHandler());

  const cookies = new Map();
  const visit = async (url) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie, accept: 'text/html' } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    return location ? visit(new URL(location, url)) : response.json();
  };
  try {
    // Node's own fetch is no browser: to the guard it is a program, which gets 401 rather than a login.
    return await visit(`${site}/auth/qq/login?returnTo=/me`);
  } finally {
    server.closeAllConnections();
    server.close();
    await sandbox.close();
  }
}
