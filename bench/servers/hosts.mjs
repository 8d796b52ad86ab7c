// Two of the rivals hard-code https://graph.qq.com: what they send there goes to the upstream of the benchmark, as
// plain http like everybody's.
import http from 'node:http';
import https from 'node:https';

export function redirectGraph(upstream) {
  const { hostname, port } = new URL(upstream);
  const original = https.request;
  https.request = (options, ...rest) => {
    if ((options.hostname ?? options.host) !== 'graph.qq.com') return original(options, ...rest);
    return http.request(
      { ...options, protocol: 'http:', hostname, host: hostname, port, agent: http.globalAgent },
      ...rest,
    );
  };
}
