import type { SandboxRequest } from './types.js';

/** A request whose outcome is still being filled in. */
export type LoggedRequest = { -readonly [Name in keyof SandboxRequest]: SandboxRequest[Name] };

const capacity = 10_000;

/** The newest requests, in the order they came in. */
export class RequestLog {
  readonly #requests: LoggedRequest[] = [];

  get requests(): readonly SandboxRequest[] {
    return this.#requests;
  }

  add(request: LoggedRequest): void {
    this.#requests.push(request);
    if (this.#requests.length > capacity) this.#requests.shift();
  }
}
