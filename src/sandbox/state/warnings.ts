import { scopesOf, unknownScopes } from './scopes.js';
import type { Call } from '../http/call.js';
import type { SandboxEndpoint, SandboxWarning } from './types.js';

/** What QQ accepts in a request, but is probably a mistake of the application. */
export function warningsOf(endpoint: SandboxEndpoint, call: Call): SandboxWarning[] {
  const warnings: SandboxWarning[] = [];
  const warn = (code: SandboxWarning['code'], en: string, zh: string) => warnings.push({ code, en, zh });
  if (endpoint === 'authorize') {
    const { state, scope } = call.method === 'POST' ? call.body : call.query;
    if (!state) {
      const en = 'state is missing: another site can log a user in under another account (CSRF)';
      warn('state_missing', en, '缺少 state：攻击者可以冒用登录（CSRF）');
    }
    const names = shorten(unknownScopes(scopesOf(scope)));
    if (names) {
      const en = `scope: QQ has no API ${names}. Separate names with commas`;
      warn('scope_unknown', en, `scope：QQ 没有 ${names} 这个接口；多个接口名以逗号分隔`);
    }
  }
  const names = shorten(call.repeated);
  if (endpoint !== 'avatar' && names) {
    warn('parameter_repeated', `sent more than once: ${names}`, `重复的参数：${names}`);
  }
  return warnings;
}

function shorten(names: readonly string[]): string {
  return names
    .slice(0, 5)
    .map((name) => name.slice(0, 50))
    .join(', ');
}
