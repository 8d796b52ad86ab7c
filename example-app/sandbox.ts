import { startSandbox } from 'express-qq-connect/sandbox';
import { StartError, dataDirOf, keptSecret, numberSetting, setting } from './config.js';
import type { Sandbox } from 'express-qq-connect/sandbox';

async function startOn(port: number): Promise<Sandbox> {
  try {
    return await startSandbox({ port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return startSandbox();
  }
}

/**
 * Starts a sandbox that plays QQ, and sets the variables that point the application at it: the same ones that you set
 * for the real QQ. Its port is a fixed one where that is free, so that a login page that is open survives a restart.
 */
export async function playQQ(): Promise<Sandbox> {
  if (process.env.NODE_ENV === 'production') {
    throw new StartError(
      'QQ_APP_ID is not set. In production no sandbox is started in its place, as it lets anybody log in as anybody.',
    );
  }
  const secret = setting(process.env, 'SESSION_SECRET') ?? keptSecret(dataDirOf(process.env));
  const port = numberSetting(process.env, 'PORT', 3000, 1, 65_535);
  const sandbox = await startOn(numberSetting(process.env, 'SANDBOX_PORT', 9010, 1, 65_535));
  const [app] = sandbox.apps;
  Object.assign(process.env, {
    QQ_APP_ID: app?.appId,
    QQ_APP_KEY: app?.appKey,
    QQ_GRAPH_URL: sandbox.url,
    QQ_REDIRECT_URI: `http://localhost:${port}/auth/qq/callback`,
    SESSION_SECRET: secret,
  });
  return sandbox;
}
