import { once } from 'node:events';
import { createServer } from 'node:http';
import { createApp } from './app.js';
import { StartError } from './config.js';
import { openSessionStore } from './session-store.js';
import type { Server } from 'node:http';
import type { Config } from './config.js';

/** Something that runs until it is stopped. */
export interface Running {
  stop(): Promise<void>;
}

async function listen(server: Server, { port, host }: Config): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new StartError(
        `Port ${port} is taken by another program. Stop that one, or choose a port: PORT=${port === 3000 ? 3001 : 3000} npm start`,
      );
    }
    if (code === 'EACCES') throw new StartError(`Port ${port} is not for this user. Set PORT to one above 1023.`);
    throw error;
  }
}

/** Serves the application in this process. */
export async function serve(config: Config): Promise<Running> {
  const sessions = await openSessionStore(config);
  const server = createServer(createApp(config, sessions));
  await listen(server, config);
  return {
    async stop() {
      // Requests that are being answered may end, within reason.
      setTimeout(() => server.closeAllConnections(), 5_000).unref();
      await new Promise((resolve) => server.close(resolve));
      await sessions.close();
    },
  };
}
