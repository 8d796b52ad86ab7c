import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a worker is started with. */
export interface WorkerConfig {
  redisUrl: string;
  graphUrl: string;
  appId: string;
  appKey: string;
  timeoutMs?: number;
  /** As far away as QQ is: a refresh takes so long. */
  refreshTakesMs?: number;
  clockOffsetMs?: number;
}

/** Where the process that refreshes can be made to stop. */
export type PausePoint = 'before the mark' | 'before the call' | 'after the answer' | 'before the write';

/** What the test tells a worker. */
export interface ToWorker {
  clockOffsetMs?: number;
  pauseAt?: PausePoint;
}

/** What a worker tells the test. */
export interface FromWorker {
  url?: string;
  done?: true;
  reached?: PausePoint;
}

/** An application in a process of its own. */
export interface Worker {
  url: string;
  tell(message: ToWorker): Promise<void>;
  /** Waits until it has stopped where it was told to. */
  paused(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Starts an application in a process of its own, which ends with this one at the latest. */
export async function startWorker(config: WorkerConfig): Promise<Worker> {
  const child = fork(file('site-worker.ts'), {
    execArgv: ['--import', new URL('typescript.mjs', import.meta.url).href],
    env: { ...process.env, NODE_OPTIONS: '', WORKER: JSON.stringify(config) },
  });
  const heard = async (key: keyof FromWorker): Promise<FromWorker> =>
    new Promise((resolve, reject) => {
      const exited = (code: number | null): void => reject(new Error(`the worker ended (${code ?? 'killed'})`));
      const listen = (message: FromWorker): void => {
        if (message[key] === undefined) return;
        child.off('message', listen).off('exit', exited);
        resolve(message);
      };
      child.on('message', listen).once('exit', exited);
    });
  const { url = '' } = await heard('url');
  return {
    url,
    async tell(message) {
      const done = heard('done');
      child.send(message);
      await done;
    },
    async paused() {
      await heard('reached');
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
