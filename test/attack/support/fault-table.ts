import { Visitor, startSite } from '../../support/site.js';
import type { SandboxEndpoint, SandboxFault } from '../../../src/sandbox.js';
import type { Site } from '../../support/site.js';

/** What came of one fault. */
interface Row {
  endpoint: string;
  fault: string;
  status: string;
  code: string;
  action: string;
  loggedIn: string;
  earlier: string;
}

/** Errors of each kind, by what there is to do about them, and one that is in no list. */
const NUMBERS: Record<'authorize' | 'token' | 'me' | 'user_info', number[]> = {
  authorize: [100010, 100016, 100032, 100060, 999999],
  token: [100001, 100009, 100010, 100017, 100019, 100020, 100032, 100060, 100067, 999999],
  me: [100007, 100015, 100016, 100048, 100049, 100054, 999999],
  user_info: [-1, -22, -23, 1, 2, 1001, 1002, 1003, 100030, 100032, 999999],
};
const BROKEN: SandboxFault[] = ['timeout', 'reset', 'http_500', 'html', 'truncated', 'empty'];

function nameOf(fault: SandboxFault): string {
  return typeof fault === 'object' ? `error ${fault.error}` : fault;
}

/** Two faults where a read is repeated: after an error at Tencent, and after a reset of the kept connection. */
function fail(site: Site, endpoint: SandboxEndpoint, fault: SandboxFault): void {
  site.sandbox.failNext(endpoint, fault);
  const isRepeated = typeof fault === 'object' ? [100017, 100054].includes(fault.error) : fault === 'reset';
  if (isRepeated && ['me', 'user_info'].includes(endpoint)) site.sandbox.failNext(endpoint, fault);
}

async function openidOf(visitor: Visitor): Promise<string | undefined> {
  const body: unknown = (await visitor.agent.get('/auth/qq/user')).body;
  return (body as { openid?: string }).openid;
}

/** One fault, for a visitor and for a user who is logged in as another QQ user. */
async function meet(site: Site, endpoint: SandboxEndpoint, fault: SandboxFault): Promise<Row> {
  const [first, second] = site.sandbox.users;
  const stranger = new Visitor(site);
  fail(site, endpoint, fault);
  const answer = await stranger.callback(await stranger.toCallback()).set('Accept', 'application/json');
  const { error = '', action = '' } = answer.body as { error?: string; action?: string };
  const loggedIn = (await openidOf(stranger)) !== undefined;

  const member = new Visitor(site);
  await member.login();
  site.sandbox.nextUser(second?.openid ?? '');
  fail(site, endpoint, fault);
  await member.callback(await member.toCallback()).set('Accept', 'application/json');
  const now = await openidOf(member);
  // A fault at authorize leaves the user who was not approved in the queue.
  if (endpoint === 'authorize') await new Visitor(site).login();
  return {
    endpoint,
    fault: nameOf(fault),
    status: `${answer.status}`,
    code: error,
    action,
    loggedIn: loggedIn ? 'yes' : 'no',
    earlier: now === first?.openid ? 'stays' : now === second?.openid ? 'replaced' : 'lost',
  };
}

/** One fault while the profile of a logged-in user is fetched again. */
async function meetAtRefresh(site: Site, fault: SandboxFault): Promise<Row> {
  const member = new Visitor(site);
  await member.login();
  const before = await openidOf(member);
  fail(site, 'user_info', fault);
  const answer = await member.agent.post('/auth/qq/refresh').set('Accept', 'application/json');
  const { error = '', action = '' } = answer.body as { error?: string; action?: string };
  const stays = (await openidOf(member)) === before;
  return {
    endpoint: 'user_info (refresh)',
    fault: nameOf(fault),
    status: `${answer.status}`,
    code: error,
    action,
    loggedIn: stays ? 'yes' : 'no',
    earlier: stays ? 'stays' : 'lost',
  };
}

async function allRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const endpoint of ['authorize', 'token', 'me', 'user_info'] as const) {
    await using site = await startSite({ qq: { timeoutMs: 1_000, unionid: endpoint === 'me' } });
    const faults: SandboxFault[] = [
      ...(endpoint === 'authorize' ? (['cancel'] as const) : BROKEN),
      ...NUMBERS[endpoint].map((error) => ({ error })),
    ];
    for (const fault of faults) rows.push(await meet(site, endpoint, fault));
  }
  await using site = await startSite({ qq: { timeoutMs: 1_000 } });
  const faults = [...BROKEN, ...[-23, 1001, 1002, 100030].map((error) => ({ error }))];
  for (const fault of faults) rows.push(await meetAtRefresh(site, fault));
  return rows;
}

const HEAD: Row = {
  endpoint: 'endpoint',
  fault: 'fault',
  status: 'status',
  code: 'code',
  action: 'action',
  loggedIn: 'logged in',
  earlier: 'an earlier login',
};

function table(rows: Row[]): string {
  const lines = [HEAD, ...rows].map((row) => Object.values(row) as string[]);
  const widths = Object.keys(HEAD).map((_name, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const print = (cells: string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = lines;
  return [print(head), print(widths.map((width) => '-'.repeat(width))), ...body.map(print)].join('\n');
}

/** Runs every fault of the sandbox at every step, and returns the page with the results. */
export async function faultMatrix(): Promise<string> {
  return `# What happens when QQ fails

This page lists every fault of the sandbox at every step of a login and of a refresh. \`node scripts/fault-matrix.mjs\`
writes it, and \`test/attack/upstream.test.ts\` fails if a run differs from it.

\`status\`, \`code\` and \`action\` belong to the response to the callback, or to the POST of a refresh. \`logged in\` shows
whether a visitor is logged in afterwards. \`an earlier login\` shows what happens to a user who was logged in as another
QQ user in the same browser before the fault.

${table(await allRows())}
`;
}
