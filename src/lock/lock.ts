/**
 * Runs a task while nobody else runs one under the same key, and gives what it gave.
 *
 * @param key - names what is locked; holds no secret
 * @param limits - `expiresMs`: after so long the lock is free again, whatever became of its holder; `waitMs`: so long
 * is waited for it, then the promise is rejected
 * @param task - the work
 */
export type Lock = <T>(key: string, limits: LockLimits, task: () => Promise<T>) => Promise<T>;

/** How long a {@link Lock} is held and waited for, in milliseconds. */
export interface LockLimits {
  expiresMs: number;
  waitMs: number;
}
