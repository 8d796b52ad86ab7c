// Everything in one run, as only the ratios of one run count: a table, results.json, and docs/benchmark.svg.
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { OURS, RIVALS, avatars, cpu, decoding, dueToken, logins, reads, startups, versions } from './measure.mjs';
import { plot } from './plot.mjs';
import { start } from './processes.mjs';

const upstream = await start('./upstream.mjs');
const said = (what) => process.stderr.write(`${what} …\n`);

said('logins');
const login = await logins(upstream);
said('CPU of logins, cold and warm');
const loginCpu = await cpu(upstream);
said('requests');
const read = await reads(upstream, login.sessions);
said('starts');
const startup = await startups();
said('decoder, avatars, a due token');
const decoder = await decoding();
const avatar = await avatars();
const due = await dueToken(upstream);
upstream.stop();

const best = (values) => Math.min(...RIVALS.map((name) => values[name]));
const ratio = (values) => values[OURS] / best(values);
const fixed = (value) => value.toFixed(2);
const each = (values, show) => Object.fromEntries([OURS, ...RIVALS].map((name) => [name, show(values[name])]));
const row = (what, target, ours, reached, values = {}, chart = undefined) => ({
  what,
  target,
  ours,
  reached,
  ...values,
  chart,
});

const BASE = 'passport-qq';
const over = (values, base = BASE) => values[OURS] / values[base];
const ms = (value) => `${value.toFixed(0)} ms`;

// What a user feels first.
const rows = [
  row(
    'upstream round trips of a login, one after another',
    '2',
    String(login.trips[OURS]),
    login.trips[OURS] === 2,
    each(login.trips, String),
    { title: 'Round trips of a login to QQ', note: 'one after another' },
  ),
  row('the same with the unionid', '2', String(login.trips[`${OURS}-unionid`]), login.trips[`${OURS}-unionid`] === 2),
  row(
    'time of a login at 50 ms of latency, over the best rival',
    '≤ 0.70',
    fixed(ratio(login.time)),
    ratio(login.time) <= 0.7,
    each(login.time, (value) => fixed(value / best(login.time))),
    { title: 'Time of a login', note: 'at 50 ms of latency, over the best rival' },
  ),
  row(
    'first login of a process, longer than its tenth',
    '≤ 50 ms',
    ms(loginCpu.firstOverTenth[OURS]),
    loginCpu.firstOverTenth[OURS] <= 50,
    each(loginCpu.firstOverTenth, ms),
  ),
  row('1,000 requests on a due token: refreshes', '1', String(due.refreshes), due.refreshes === 1),
  row('the same: p99 over p50, in round trips of 50 ms', '≤ 1', fixed(due.spread / 50), due.spread <= 50),
  row('avatar cache hit, throughput over express.static', '≥ 0.90', fixed(avatar), avatar >= 0.9),
  row(
    `server CPU of a login, over ${BASE}: the first 300`,
    '≤ 1.60',
    fixed(over(loginCpu.cold)),
    over(loginCpu.cold) <= 1.6,
    each(loginCpu.cold, (us) => fixed(us / loginCpu.cold[BASE])),
  ),
  row(
    'the same: 300 after 3,000 more',
    '≤ 1.40',
    fixed(over(loginCpu.warm)),
    over(loginCpu.warm) <= 1.4,
    each(loginCpu.warm, (us) => fixed(us / loginCpu.warm[BASE])),
    { title: 'Server CPU of a login', note: 'after 3,000 logins, over passport-qq' },
  ),
  row(
    'server CPU of a request that reads the user, over the best rival',
    '≤ 1.05',
    fixed(ratio(read)),
    ratio(read) <= 1.05,
    each(read, (value) => fixed(value / best(read))),
    { title: 'Server CPU of a request with the user', note: 'over the best rival' },
  ),
  row(
    `memory after 1,000 logins (RSS), over ${BASE}`,
    '≤ 1.25',
    fixed(over(loginCpu.rss)),
    over(loginCpu.rss) <= 1.25,
    each(loginCpu.rss, (bytes) => fixed(bytes / loginCpu.rss[BASE])),
    { title: 'Memory after 1,000 logins', note: 'over passport-qq' },
  ),
  row(
    'bytes of a logged-in session, its tokens included',
    '',
    String(login.bytes[OURS]),
    true,
    each(login.bytes, String),
    { title: 'Bytes of a session', note: 'with the tokens that it holds' },
  ),
  row(
    'start-up with Express and express-session, over grant',
    '',
    fixed(over(startup.time, 'grant')),
    true,
    each(startup.time, (value) => fixed(value / startup.time.grant)),
  ),
  row('parseQQBody on JSONP, over JSON.parse of its inside', '', fixed(decoder), true),
];

const machine = {
  node: process.version,
  cores: os.cpus().length,
  versions: versions(),
  at: new Date().toISOString().slice(0, 10),
};
const columns = ['what', 'target', 'ours', 'reached', ...RIVALS];
const cell = (value) => (value === true ? 'yes' : value === false ? '**no**' : (value ?? ''));
const table = [
  `| ${columns.join(' | ')} |`,
  `| ${columns.map(() => '---').join(' | ')} |`,
  ...rows.map((entry) => `| ${columns.map((column) => cell(entry[column])).join(' | ')} |`),
].join('\n');

console.log(
  `\nNode ${machine.node}, ${machine.cores} cores; ${Object.entries(machine.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}\n\n${table}`,
);
writeFileSync(new URL('results.json', import.meta.url), `${JSON.stringify({ machine, rows }, undefined, 2)}\n`);
writeFileSync(new URL('../docs/benchmark-table.md', import.meta.url), `${table}\n`);

writeFileSync(new URL('../docs/benchmark.svg', import.meta.url), plot(rows));
process.exit();
