import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

// The IANA IPv4 Special-Purpose Address Registry, multicast and class E.
const SPECIAL_IPV4 = blockList('ipv4', [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]);

// All that is global in IPv6 stands in 2000::/3. So ::, ::1, mapped and compatible IPv4, NAT64, fc00::/7, fe80::/10 and
// multicast are outside; within it, Teredo and its neighbours, documentation, and 6to4 are not addresses of a server.
const GLOBAL_IPV6 = blockList('ipv6', ['2000::/3']);
const SPECIAL_IPV6 = blockList('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** The eight groups of an IPv6 address in their short form; `undefined` for any other text. */
export function ipv6Groups(address: string): string[] | undefined {
  if (isIP(address) !== 6 || address.includes('%')) return undefined;
  // The parser of URLs also turns an IPv4 tail into two groups.
  const [head = '', tail = ''] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail].map((part) => (part === '' ? [] : part.split(':'))) as [string[], string[]];
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}

// ISATAP has an IPv4 address in its last 32 bits, after 0:5efe or 200:5efe, under any prefix.
function isIsatap(address: string): boolean {
  const groups = ipv6Groups(address);
  return groups?.[5] === '5efe' && (groups[4] === '0' || groups[4] === '200');
}

/** Tells whether an IP address is one of a server on the public internet, in its plain form. */
export function isPublicAddress(address: string): boolean {
  // A zone names an interface of this machine.
  if (address.includes('%')) return false;
  switch (isIP(address)) {
    case 4:
      return !SPECIAL_IPV4.check(address, 'ipv4');
    case 6:
      return GLOBAL_IPV6.check(address, 'ipv6') && !SPECIAL_IPV6.check(address, 'ipv6') && !isIsatap(address);
    default:
      return false;
  }
}

/** Tells whether an IP address is this machine's own. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

/** `code` of the cause where a host name led to no address that may be connected to. */
export const ADDRESS_REFUSED = 'ERR_QQ_ADDRESS_REFUSED';

/** Resolves a host name to all its addresses; `dns.lookup`, unless a test says otherwise. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for `net.connect` that only knows the permitted ones of a host's addresses. The socket connects to what
 * it answers and nothing else, so that no DNS answer can change between the check and the connection.
 */
export function guardedLookup(permits: (address: string) => boolean, resolve: Resolve = dnsLookup): LookupFunction {
  return function lookup(hostname, options, callback) {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const permitted = error ? [] : addresses.filter(({ address }) => permits(address));
      const [first] = permitted;
      if (error || !first) {
        const refused = new Error(`${hostname} has no address that may be connected to`);
        callback(error ?? Object.assign(refused, { code: ADDRESS_REFUSED }), '', 0);
      } else if (options.all) callback(null, permitted);
      else callback(null, first.address, first.family);
    });
  };
}
