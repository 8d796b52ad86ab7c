import { startSandbox } from 'express-qq-connect/sandbox';
import { StartError, dataDirOf, keptSecret, numberSetting, setting } from './config.js';
import type { Sandbox } from 'express-qq-connect/sandbox';

const apps = [{ appId: '100000001', appKey: 'sandbox-app-key-not-a-secret', name: 'express-qq-connect' }];

async function startOn(port: number): Promise<Sandbox> {
  try {
    return await startSandbox({ port, apps });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return startSandbox({ apps });
  }
}

/**
 * Starts a sandbox that emulates QQ, and sets the variables that point the application at it: the same ones that you set
 * for the real QQ. Its port is fixed where that is free, so that an open login page works after a restart.
 */
export async function startLocalQQ(): Promise<Sandbox> {
  if (process.env.NODE_ENV === 'production') {
    throw new StartError(
      'QQ_APP_ID is not set. In production no sandbox is started in its place, because it logs any visitor in as any user.',
    );
  }
  const secret = setting(process.env, 'SESSION_SECRET') ?? keptSecret(dataDirOf(process.env));
  const port = numberSetting(process.env, 'PORT', 3000, 1, 65_535);
  const sandbox = await startOn(numberSetting(process.env, 'SANDBOX_PORT', 9010, 1, 65_535));
  const { appId, appKey, graphUrl } = sandbox.credentials;
  Object.assign(process.env, {
    QQ_APP_ID: appId,
    QQ_APP_KEY: appKey,
    QQ_GRAPH_URL: graphUrl,
    QQ_REDIRECT_URI: `http://localhost:${port}/auth/qq/callback`,
    SESSION_SECRET: secret,
  });
  return sandbox;
}
