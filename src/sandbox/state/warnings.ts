import { scopesOf, unknownScopes } from './scopes.js';
import type { SandboxEndpoint, SandboxWarning } from './types.js';

/** What QQ accepts in a request, but is probably a mistake of the application. */
export function warningsOf(
  endpoint: SandboxEndpoint,
  call: {
    readonly method: string;
    readonly query: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, string>>;
    readonly repeated: readonly string[];
  },
): SandboxWarning[] {
  const warnings: SandboxWarning[] = [];
  const parameters = call.method === 'POST' ? call.body : call.query;
  if (endpoint === 'authorize') {
    if (!parameters.state) {
      warnings.push({
        code: 'state_missing',
        en: 'state is missing: another site can log a user in under another account (CSRF)',
        zh: '缺少 state：登录可被他人冒用（CSRF）',
      });
    }
    const unknown = unknownScopes(scopesOf(parameters.scope))
      .slice(0, 5)
      .map((name) => name.slice(0, 50));
    if (unknown.length > 0) {
      const names = unknown.join(', ');
      warnings.push({
        code: 'scope_unknown',
        en: `scope: QQ has no API ${names}. Separate names with commas`,
        zh: `scope：QQ 没有 ${names} 这个接口；多个接口名以逗号分隔`,
      });
    }
  }
  if (endpoint !== 'avatar' && call.repeated.length > 0) {
    const names = call.repeated
      .slice(0, 5)
      .map((name) => name.slice(0, 50))
      .join(', ');
    warnings.push({
      code: 'parameter_repeated',
      en: `sent more than once: ${names}`,
      zh: `重复的参数：${names}`,
    });
  }
  return warnings;
}
