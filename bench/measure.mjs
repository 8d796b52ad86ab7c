// What is measured, each in rounds that take turns between the contenders, so that noise hits all of them alike.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { start } from './processes.mjs';
import { Visitor } from './visitor.mjs';

export const OURS = 'express-qq-connect';
export const RIVALS = ['passport-qq', 'grant', 'passport-oauth2'];
const ALL = [OURS, ...RIVALS];

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs every contender once a round, and gives the median of each. */
async function interleaved(names, rounds, measure) {
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) results[name].push(await measure(name));
  }
  return Object.fromEntries(Object.entries(results).map(([name, values]) => [name, median(values)]));
}

async function startAll(upstream, names = ALL, warmUp = 300) {
  const servers = {};
  for (const name of names) {
    servers[name] = await start('./server.mjs', name, upstream.url);
    for (let i = 0; i < warmUp; i += 1) await new Visitor(servers[name]).login();
  }
  return servers;
}

async function cpuOf(server, count, task) {
  const before = (await server.ask({ ask: 'cpu' })).cpu;
  for (let i = 0; i < count; i += 1) await task();
  return ((await server.ask({ ask: 'cpu' })).cpu - before) / count;
}

/** Sequential upstream calls of a login, the time it takes at 50 ms of latency, and the size of its session. */
export async function logins(upstream) {
  const servers = await startAll(upstream, [...ALL, `${OURS}-unionid`]);
  const names = Object.keys(servers);
  const trips = {};
  await upstream.ask({ latency: 50 });
  for (const name of names) {
    const visitor = new Visitor(servers[name]);
    await visitor.login();
    await visitor.user();
    trips[name] = (await upstream.ask({})).depth;
  }
  const time = await interleaved(names, 15, async (name) => {
    const begun = performance.now();
    await new Visitor(servers[name]).login();
    return performance.now() - begun;
  });
  await upstream.ask({ latency: 0 });
  const bytes = {};
  const sessions = {};
  for (const name of ALL) {
    const { sessions: kept } = await servers[name].ask({ ask: 'sessions' });
    // A token record of ours is no session: it is not read with every request.
    const session = kept.filter((entry) => !('sealed' in entry)).at(-1);
    sessions[name] = session;
    bytes[name] = Buffer.byteLength(JSON.stringify(session));
  }
  for (const server of Object.values(servers)) server.stop();
  return { trips, time, bytes, sessions };
}

const COLD = 300;
const WARM_AFTER = 3_000;
const AT_A_TIME = 30;

/** Runs so many logins of every contender, in turns, and returns the server CPU of one. */
async function cpuOfLogins(servers, count) {
  const total = Object.fromEntries(ALL.map((name) => [name, 0]));
  for (let done = 0; done < count; done += AT_A_TIME) {
    for (const name of ALL) {
      total[name] += await cpuOf(servers[name], AT_A_TIME, () => new Visitor(servers[name]).login());
    }
  }
  return Object.fromEntries(ALL.map((name) => [name, (total[name] * AT_A_TIME) / count]));
}

/**
 * Server CPU of a login in two windows: the first 300 logins of a process, and 300 after 3,000 more. Also the time of the
 * first login over that of the tenth in ms, and the memory after 1,000 logins.
 */
export async function cpu(upstream) {
  const firstOverTenth = await interleaved(ALL, 5, async (name) => {
    const server = await start('./server.mjs', name, upstream.url);
    const times = [];
    for (let i = 0; i < 10; i += 1) {
      const begun = performance.now();
      await new Visitor(server).login();
      times.push(performance.now() - begun);
    }
    server.stop();
    return times[0] - times[9];
  });
  const servers = await startAll(upstream, ALL, 0);
  const cold = await cpuOfLogins(servers, COLD);
  await cpuOfLogins(servers, 1_000 - COLD + (AT_A_TIME - ((1_000 - COLD) % AT_A_TIME)));
  const rss = {};
  for (const name of ALL) rss[name] = (await servers[name].ask({ ask: 'cpu' })).rss;
  await cpuOfLogins(servers, WARM_AFTER - 1_000);
  const warm = await cpuOfLogins(servers, COLD);
  for (const server of Object.values(servers)) server.stop();
  return { cold, warm, firstOverTenth, rss };
}

/**
 * Server CPU of a request that reads the user, over bare Express and express-session with the same session: the median
 * of rounds in which each server is asked in turn, all of them after the same warm-up.
 */
export async function reads(upstream, sessions) {
  const servers = await startAll(upstream);
  const pairs = {};
  for (const name of ALL) {
    const { cookie, ...data } = sessions[name];
    const bare = await start('./server.mjs', 'bare', upstream.url);
    const visitors = { [name]: new Visitor(servers[name]), bare: new Visitor(bare) };
    await visitors[name].login();
    const seed = { method: 'POST', body: JSON.stringify({ ...data, nickname: '示例用户' }) };
    await visitors.bare.visit('/seed', seed);
    pairs[name] = { visitors, bare, ratios: [] };
  }
  const read = async (server, visitor, count) => cpuOf(server, count, () => visitor.user());
  for (let round = 0; round < 60; round += 1) {
    for (const [name, { visitors, bare, ratios }] of Object.entries(pairs)) {
      const ours = await read(servers[name], visitors[name], 200);
      const ratio = ours / (await read(bare, visitors.bare, 200));
      if (round >= 20) ratios.push(ratio);
    }
  }
  for (const { bare } of Object.values(pairs)) bare.stop();
  for (const server of Object.values(servers)) server.stop();
  return Object.fromEntries(Object.entries(pairs).map(([name, { ratios }]) => [name, median(ratios)]));
}

/** Time and memory that a fresh process needs until the middleware is made, Express and express-session included. */
export async function startups() {
  const time = await interleaved(ALL, 11, async (name) => (await start('./startup.mjs', name)).ms);
  const rss = await interleaved(ALL, 5, async (name) => (await start('./startup.mjs', name)).rss);
  const bare = await interleaved(['bare'], 7, async () => (await start('./startup.mjs', 'bare')).ms);
  return { time, rss, bare: bare.bare };
}

/** Time of the decoder on JSONP over JSON.parse of what is inside. */
export async function decoding() {
  const { parseQQBody } = await import('express-qq-connect/client');
  const inside =
    '{"client_id":"100000042","openid":"F0E1D2C3B4A5968778695A4B3C2D1E0F","unionid":"UID_F0E1D2C3B4A5968778695A4B3C2D1E0F"}';
  const jsonp = `callback( ${inside} );\n`;
  const time = (task, input) => {
    const begun = performance.now();
    for (let i = 0; i < 200_000; i += 1) task(input);
    return performance.now() - begun;
  };
  const ratios = [];
  for (let round = 0; round < 15; round += 1) ratios.push(time(parseQQBody, jsonp) / time(JSON.parse, inside));
  return median(ratios);
}

/** Throughput of an avatar cache hit over that of express.static on the same bytes. */
export async function avatars() {
  const server = await start('./avatar-server.mjs');
  const visitor = new Visitor(server);
  const cpu = (path, count) => cpuOf(server, count, () => visitor.visit(path));
  for (const path of [server.hit, server.file]) await cpu(path, 500);
  const ratios = [];
  for (let round = 0; round < 15; round += 1) {
    const hit = await cpu(server.hit, 400);
    ratios.push((await cpu(server.file, 400)) / hit);
  }
  server.stop();
  return median(ratios);
}

/** 1,000 requests at once: how long each of them takes, in order. */
async function burst(visitor) {
  const times = await Promise.all(
    Array.from({ length: 1_000 }, async () => {
      const begun = performance.now();
      const { status } = await visitor.visit('/token');
      if (status !== 200) throw new Error(`a request for a token answered ${status}`);
      return performance.now() - begun;
    }),
  );
  return times.sort((x, y) => x - y);
}

/**
 * 1,000 requests at once on a due token, at 50 ms of upstream latency: refreshes, and how far the slowest are from the
 * middle. Their connections are open before, as they are between a proxy and its application.
 */
export async function dueToken(upstream) {
  const rounds = [];
  for (let round = 0; round < 3; round += 1) {
    const server = await start('./refresh-server.mjs', upstream.url);
    const visitor = new Visitor(server);
    await upstream.ask({ latency: 50, expiresIn: 10 });
    await visitor.login();
    const loggedIn = performance.now();
    for (let warm = 0; warm < 5; warm += 1) await burst(visitor);
    const wait = 9_100 - (performance.now() - loggedIn); // until a tenth of the token's ten seconds is left
    await upstream.ask({});
    await new Promise((resolve) => setTimeout(resolve, wait));
    const times = await burst(visitor);
    const { refreshes } = await upstream.ask({ latency: 0, expiresIn: 7_776_000 });
    rounds.push({ refreshes, spread: times[990] - times[500] });
    server.stop();
  }
  return {
    refreshes: Math.max(...rounds.map(({ refreshes }) => refreshes)),
    spread: median(rounds.map(({ spread }) => spread)),
  };
}

/** The versions that were measured. */
export function versions() {
  const version = (name) =>
    JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
  return Object.fromEntries([OURS, 'express', 'express-session', ...RIVALS].map((name) => [name, version(name)]));
}
