/**
 * A local server that emulates graph.qq.com, for development and tests.
 *
 * @packageDocumentation
 */
export { startSandbox } from './sandbox/start.js';
export type * from './sandbox/state/types.js';
