/**
 * A stand-in for graph.qq.com that runs on the developer's own machine.
 *
 * @packageDocumentation
 */
export { startSandbox } from './sandbox/start.js';
export type {
  Sandbox,
  SandboxApp,
  SandboxEndpoint,
  SandboxFault,
  SandboxOptions,
  SandboxRequest,
  SandboxUser,
} from './sandbox/types.js';
