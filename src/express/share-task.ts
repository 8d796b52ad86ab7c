/** Runs a task, or waits for the one that is running under this key: all callers get its result. */
export async function shareTask<T>(running: Map<string, Promise<T>>, key: string, task: () => Promise<T>): Promise<T> {
  const result = running.get(key) ?? task().finally(() => running.delete(key));
  running.set(key, result);
  return result;
}
