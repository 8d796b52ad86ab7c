import { jest } from '@jest/globals';

/** A warning as the package gave it to Node. */
export interface Warning {
  message: string;
  type: string;
  code: string;
}

/**
 * Collects what is warned about until it is disposed of. (A test runner's `process` is a copy, which the event
 * `warning` does not reach.)
 */
export function collectWarnings(): Warning[] & Disposable {
  const warnings: Warning[] = [];
  const spy = jest.spyOn(process, 'emitWarning').mockImplementation((warning, options) => {
    warnings.push({ message: String(warning), ...(options as unknown as { type: string; code: string }) });
  });
  return Object.assign(warnings, { [Symbol.dispose]: () => spy.mockRestore() });
}
