import { isNightly } from '../../support/nightly.js';

/** Where all of these want to lead. */
const EVIL = 'evil.example';

/** What stands between the site and another host, as browsers, proxies and frameworks have been fooled with. */
const slashes = [
  '//',
  '///',
  '////',
  '/\\',
  '\\\\',
  '\\/',
  '/\\/',
  '/\t/',
  '/\n/',
  '/\r\n/',
  '\t//',
  ' //',
  '/ /',
  '/%09/',
  '/%0a/',
  '/%0d/',
  '/%20/',
  '/%5c',
  '/%2f',
  '/%2f%2f',
  '%2f%2f',
  '%5c%5c',
  '/%252f',
  '/%25%32%66',
  '/%255c',
  '/..//',
  '/.//',
  '/./\\',
  '/a/..//',
  '/%2e%2e//',
  '/%2e//',
  '/.%2e//',
  '/%2E%2E%2F%2F',
  '/..%2f%2f',
  '/;//',
  '/?//',
  '/#//',
  '/\u0000/',
  '/%00/',
  '/\u200b/',
  '/\u2028/',
  '/\ufeff/',
  '/\u3002/',
  '\uff0f\uff0f',
  '/\uff0f',
  '/\uff3c',
  '/%ef%bc%8f',
  '/%c0%af',
  '/%u2215',
];

const schemes = [
  `http:${EVIL}`,
  `https:${EVIL}`,
  `https:/${EVIL}`,
  `https:///${EVIL}`,
  `https:////${EVIL}`,
  `https:\\\\${EVIL}`,
  `https:/\\${EVIL}`,
  `hTTps://${EVIL}`,
  `https://${EVIL}`,
  `http://${EVIL}`,
  `ht\ntps://${EVIL}`,
  ` https://${EVIL}`,
  `\thttps://${EVIL}`,
  `\u0000https://${EVIL}`,
  `https%3a%2f%2f${EVIL}`,
  `//${EVIL}:80`,
  `//${EVIL}%2f@127.0.0.1`,
  `ftp://${EVIL}`,
  `ws://${EVIL}`,
  `file:///etc/passwd`,
  `javascript:alert(1)`,
  `JaVaScRiPt:alert(1)`,
  `java\nscript:alert(1)`,
  `javascript://%0aalert(1)`,
  `/javascript:alert(1)`,
  `data:text/html,<script>alert(1)</script>`,
  `vbscript:msgbox(1)`,
  `blob:https://${EVIL}/1`,
  `view-source:https://${EVIL}`,
  `about:blank`,
  `intent://${EVIL}#Intent;end`,
  `mqqapi://${EVIL}`,
];

/** Hosts that look like the site's own, or like an allowed one, to who compares strings. `{site}` is the origin. */
const lookalikes = [
  `{site}.${EVIL}`,
  `{site}@${EVIL}`,
  `{site}:80@${EVIL}`,
  `{site}%40${EVIL}`,
  `{site}\\@${EVIL}`,
  `{site}%5c@${EVIL}`,
  `{site}#@${EVIL}`,
  `{site}?@${EVIL}`,
  `{site}//${EVIL}`,
  `{site}/\\${EVIL}`,
  `{site}/..//${EVIL}`,
  `{site}/%2f${EVIL}`,
  `https://${EVIL}/{site}`,
  `https://${EVIL}?{site}`,
  `https://${EVIL}#{site}`,
  `https://${EVIL}\\{site}`,
  `https://user:pass@{host}`,
  `https://app.example.com.${EVIL}`,
  `https://app.example.com@${EVIL}`,
  `https://${EVIL}\\@app.example.com`,
  `https://xapp.example.com`,
  `https://app.example.comx`,
  `https://app.example.co`,
  `https://app-example.com`,
  `https://app.example.com:444`,
  `https://app.example.com:443@${EVIL}`,
  `http://app.example.com`,
  `https://app.example.com%2e${EVIL}`,
  `https://app.example.com%00.${EVIL}`,
  `https://app.example.com%0d%0a.${EVIL}`,
  `https://app.example.com\u3002${EVIL}`,
  `https://app\uff0eexample\uff0ecom.${EVIL}`,
  `https://app.example.com\u2100${EVIL}`,
  `https://www.app.example.com`,
  `https://аpp.example.com`,
  `https://xn--pp-vic.example.com`,
  `https://app.example.com.`,
  `https://sub.app.example.com`,
  `https://[::1]`,
  `https://2130706433`,
  `https://①②⑦.⓪.⓪.①`,
];

function spellings(payload: string): string[] {
  return [payload, encodeURIComponent(payload), payload.toUpperCase(), `/${encodeURIComponent(payload)}`];
}

/**
 * Returns the list for a site: each payload as it is, percent-encoded, in capitals, and as a path; by day as it is and
 * in one of the other spellings.
 */
export function openRedirects(siteUrl: string): string[] {
  const { origin, host } = new URL(siteUrl);
  const hosts = [...slashes.map((slash) => `${slash}${EVIL}/x`), ...slashes.map((slash) => `${slash}${EVIL}@{host}`)];
  return [...hosts, ...schemes, ...lookalikes]
    .map((payload) => payload.replaceAll('{site}', origin).replaceAll('{host}', host))
    .flatMap((payload, index) => {
      const [plain = '', ...others] = spellings(payload);
      return isNightly ? [plain, ...others] : [plain, others[index % others.length] ?? ''];
    });
}

/**
 * Where a browser goes with a `Location`: its origin. Also after a proxy on the way has decoded it once or twice,
 * dropped what browsers drop, or taken a backslash for a slash.
 */
export function originsOf(location: string, siteUrl: string): Set<string> {
  const readings = new Set([location]);
  for (let round = 0; round < 3; round += 1) {
    for (const reading of [...readings]) {
      readings.add(
        reading.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      );
      // eslint-disable-next-line no-control-regex -- what the URL parser of browsers drops, and old ones did
      readings.add(reading.replace(/^[\u0000-\u0020]+|[\u0000\t\n\r]/g, ''));
      readings.add(reading.replaceAll('\\', '/'));
    }
  }
  return new Set(
    [...readings].map((reading) => (URL.canParse(reading, siteUrl) ? new URL(reading, siteUrl).origin : '')),
  );
}
