/**
 * A local server that emulates graph.qq.com, for development and tests.
 *
 * @packageDocumentation
 */
export { startSandbox } from './sandbox/start.js';
export type {
  SandboxAgent,
  SandboxAgentResponse,
  Sandbox,
  SandboxApp,
  SandboxCredentials,
  SandboxEndpoint,
  SandboxFault,
  SandboxOptions,
  SandboxRequest,
  SandboxUser,
  SandboxWarning,
} from './sandbox/state/types.js';
