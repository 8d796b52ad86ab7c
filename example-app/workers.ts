import cluster from 'node:cluster';
import { once } from 'node:events';
import { StartError } from './config.js';
import type { Running } from './server.js';

/** Serves the application in several processes on one port, and replaces those that die. */
export async function serveInWorkers(count: number): Promise<Running> {
  // One first, so that what prevents the start is said once.
  const first = cluster.fork();
  await new Promise<void>((resolve, reject) => {
    first.once('listening', () => resolve());
    first.once('exit', () => reject(new StartError('No process could be started; see above.')));
  });
  for (let started = 1; started < count; started += 1) cluster.fork();

  let stopping = false;
  cluster.on('exit', (worker) => {
    if (stopping) return;
    console.error(`Process ${worker.process.pid ?? ''} has died; another one takes its place.`);
    // Not at once, or a cause that stays would be a busy loop.
    setTimeout(() => {
      if (!stopping) cluster.fork();
    }, 1_000);
  });

  return {
    async stop() {
      stopping = true;
      const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
      await Promise.all(
        workers.map(async (worker) => {
          const ended = once(worker, 'exit');
          worker.process.kill('SIGTERM');
          await ended;
        }),
      );
    },
  };
}
