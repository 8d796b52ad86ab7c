import { jest } from '@jest/globals';

/** Stops the date, and nothing else: it goes on when {@link pass} says so. Undone by `jest.useRealTimers()`. */
export function stopDate(now: number = Date.now()): void {
  jest.useFakeTimers({
    now,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
}

/** Lets so many milliseconds pass on the stopped date. */
export function pass(ms: number): void {
  jest.setSystemTime(Date.now() + ms);
}

/** Runs a task at another time; timers and sockets go on as usual. */
export async function later<T>(ms: number, task: () => Promise<T>): Promise<T> {
  stopDate(Date.now() + ms);
  try {
    return await task();
  } finally {
    jest.useRealTimers();
  }
}
