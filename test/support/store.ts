import session from 'express-session';
import type { SessionData, Store } from 'express-session';

/** Everything that a store holds, by id. */
export async function contents(store: Store): Promise<Record<string, SessionData>> {
  return new Promise((resolve, reject) => {
    store.all?.((error: unknown, sessions) => {
      if (error instanceof Error) reject(error);
      else resolve({ ...(sessions as unknown as Record<string, SessionData> | null) });
    });
  });
}

/** The ids in a store: of its sessions, of token records, and of the tombstones that a logout leaves in their place. */
export async function ids(store: Store): Promise<{ sessions: string[]; records: string[]; tombstones: string[] }> {
  const all = await contents(store);
  const records = Object.keys(all).filter((id) => id.startsWith('qqt_'));
  const isTombstone = (id: string): boolean => 'ended' in (all[id] ?? {});
  return {
    sessions: Object.keys(all).filter((id) => !id.startsWith('qqt_')),
    records: records.filter((id) => !isTombstone(id)),
    tombstones: records.filter(isTombstone),
  };
}

type Operation = 'get' | 'set' | 'destroy';

/**
 * A store in memory whose operations wait for what `before` returns, and fail with what it throws; it writes down when
 * each begins and ends.
 */
export class WatchedStore extends session.MemoryStore {
  readonly log: string[] = [];
  before: (operation: Operation, id: string) => Promise<void> | void = () => undefined;

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.#watch('get', id, callback, () => super.get(id, callback));
  }

  override set(id: string, data: SessionData, callback?: (error?: unknown) => void): void {
    this.#watch('set', id, callback, (done) => super.set(id, data, done));
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.#watch('destroy', id, callback, (done) => super.destroy(id, done));
  }

  #watch(
    operation: Operation,
    id: string,
    callback: ((error?: unknown) => void) | undefined,
    run: (done: (error?: unknown) => void) => void,
  ): void {
    const what = `${operation} ${id.startsWith('qqt_') ? 'record' : 'session'}`;
    Promise.resolve()
      .then(async () => this.before(operation, id))
      .then(
        () =>
          run((error) => {
            this.log.push(what);
            callback?.(error);
          }),
        (error: unknown) => callback?.(error),
      );
  }
}
