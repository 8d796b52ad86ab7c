// Everything in one run, as only the ratios of one run count: a table, results.json, and docs/benchmark.svg.
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { OURS, RIVALS, avatars, decoding, dueToken, growth, logins, reads, startups, versions } from './measure.mjs';
import { plot } from './plot.mjs';
import { start } from './processes.mjs';

const upstream = await start('./upstream.mjs');
const said = (what) => process.stderr.write(`${what} …\n`);

said('logins');
const login = await logins(upstream);
said('requests');
const read = await reads(upstream, login.sessions);
said('starts');
const startup = await startups();
said('decoder, avatars, a due token');
const decoder = await decoding();
const avatar = await avatars();
const due = await dueToken(upstream);
said('growth');
const grown = await growth(upstream);
upstream.stop();

const best = (values) => Math.min(...RIVALS.map((name) => values[name]));
const ratio = (values) => values[OURS] / best(values);
const fixed = (value) => value.toFixed(2);
const each = (values, show) => Object.fromEntries([OURS, ...RIVALS].map((name) => [name, show(values[name])]));
const row = (what, target, ours, reached, values = {}) => ({ what, target, ours, reached, ...values });

const rows = [
  row(
    'sequential upstream round trips of a login',
    '2',
    String(login.trips[OURS]),
    login.trips[OURS] === 2,
    each(login.trips, String),
  ),
  row('the same with the unionid', '2', String(login.trips[`${OURS}-unionid`]), login.trips[`${OURS}-unionid`] === 2),
  row(
    'time of a login at 50 ms of latency, over the best rival',
    '≤ 0.70',
    fixed(ratio(login.time)),
    ratio(login.time) <= 0.7,
    each(login.time, (ms) => fixed(ms / best(login.time))),
  ),
  row(
    'server CPU of a login, over the best rival',
    '≤ 1.00',
    fixed(ratio(login.cpu)),
    ratio(login.cpu) <= 1,
    each(login.cpu, (us) => fixed(us / best(login.cpu))),
  ),
  row(
    'server CPU of a request that reads the user, over bare Express with the same session',
    '≤ 1.03',
    fixed(read[OURS]),
    read[OURS] <= 1.03,
    each(read, fixed),
  ),
  row('the same, over the best rival', '< 1', fixed(ratio(read)), ratio(read) < 1),
  row(
    'bytes of a logged-in session',
    '< every rival',
    String(login.bytes[OURS]),
    login.bytes[OURS] < best(login.bytes),
    each(login.bytes, String),
  ),
  row('parseQQBody on JSONP, over JSON.parse of its inside', '≤ 1.3', fixed(decoder), decoder <= 1.3),
  row(
    'start-up with Express and express-session, over grant',
    '≤ 1.00',
    fixed(startup.time[OURS] / startup.time.grant),
    startup.time[OURS] <= startup.time.grant,
    each(startup.time, (ms) => fixed(ms / startup.time.grant)),
  ),
  row(
    'memory after start-up (RSS), over grant',
    '≤ 1.00',
    fixed(startup.rss[OURS] / startup.rss.grant),
    startup.rss[OURS] <= startup.rss.grant,
    each(startup.rss, (bytes) => fixed(bytes / startup.rss.grant)),
  ),
  row('avatar cache hit, throughput over express.static', '≥ 0.90', fixed(avatar), avatar >= 0.9),
  row('1,000 requests on a due token: refreshes', '1', String(due.refreshes), due.refreshes === 1),
  row('the same: p99 over p50, in round trips of 50 ms', '≤ 1', fixed(due.spread / 50), due.spread <= 50),
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
writeFileSync(
  new URL('results.json', import.meta.url),
  `${JSON.stringify({ machine, rows, growth: grown }, undefined, 2)}\n`,
);
writeFileSync(new URL('../docs/benchmark-table.md', import.meta.url), `${table}\n`);

const counts = Object.keys(grown.together);
const first = best(grown.together[1]);
writeFileSync(
  new URL('../docs/benchmark.svg', import.meta.url),
  plot([
    {
      title: 'Server CPU of a login, by logins at the same time',
      xLabel: 'logins at the same time',
      yLabel: 'over the best rival at 1',
      xs: counts,
      series: Object.fromEntries(
        [OURS, ...RIVALS].map((name) => [name, counts.map((count) => grown.together[count][name] / first)]),
      ),
    },
    {
      title: 'Server CPU of a login, by attempt cookies in the browser',
      xLabel: 'attempt cookies',
      yLabel: 'over none',
      xs: Object.keys(grown.cookies),
      series: { [OURS]: Object.values(grown.cookies).map((cpu) => cpu / grown.cookies[0]) },
    },
  ]),
);
process.exit();
