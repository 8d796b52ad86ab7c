// The avatar service with a sandbox as its image host, beside express.static on the bytes that it answers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { qqAvatars } from 'express-qq-connect/avatars';
import { startSandbox } from 'express-qq-connect/sandbox';

const sandbox = await startSandbox();
const folder = mkdtempSync(join(tmpdir(), 'avatars-'));
const app = express();
const { url, appId, openid } = { url: sandbox.url, appId: sandbox.apps[0].appId, openid: sandbox.users[0].openid };
app.use('/avatars', qqAvatars({ graphUrl: url, resolveId: () => ({ appId, openid }) }));
app.use('/static', express.static(folder, { maxAge: '1d' }));
const server = app.listen(0, '127.0.0.1', async () => {
  const site = `http://127.0.0.1:${server.address().port}`;
  const image = await fetch(`${site}/avatars/id/one?size=100`);
  if (image.status !== 200) throw new Error(`the avatar service answered ${image.status}`);
  writeFileSync(join(folder, 'avatar.png'), Buffer.from(await image.arrayBuffer()));
  process.send({ site, hit: '/avatars/id/one?size=100', file: '/static/avatar.png' });
});
server.keepAliveTimeout = 60_000;
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system });
});
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
