import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

// ipaddr.js calls all of IPv6 unicast that has no name of its own. Servers are in 2000::/3 (RFC 4291, section 2.4).
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
// The former 6bone, returned to IANA (RFC 3701).
const SIX_BONE = ipaddr.IPv6.parseCIDR('3ffe::/16');

/** Returns whether an IP address belongs to a server on the public internet, and is in its plain form. */
export function isPublicAddress(address: string): boolean {
  // ipaddr.js also parses 127.1 and 0x7f.1. A zone names an interface of this machine.
  if (isIP(address) === 0 || address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed instanceof ipaddr.IPv4) return true;
  return parsed.match(GLOBAL_IPV6) && !parsed.match(SIX_BONE) && !isIsatap(parsed);
}

// ISATAP (RFC 5214) has an IPv4 address in its last 32 bits, after 0:5efe or 200:5efe, under any prefix.
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return parts[5] === 0x5efe && (parts[4] === 0 || parts[4] === 0x200);
}

function isInRange(address: string, ...ranges: string[]): boolean {
  return isIP(address) !== 0 && !address.includes('%') && ranges.includes(ipaddr.parse(address).range());
}

/** Returns whether an IP address is a loopback address in its plain form. */
export function isLoopbackAddress(address: string): boolean {
  return isInRange(address, 'loopback');
}

/** Returns whether an IP address is of this machine or its local network in its plain form. */
export function isLocalAddress(address: string): boolean {
  return isInRange(address, 'loopback', 'private', 'uniqueLocal');
}

/** `code` of the cause if a host name has no address that is permitted. */
export const ADDRESS_REFUSED = 'ERR_QQ_ADDRESS_REFUSED';

/** Resolves a host name to all its addresses; `dns.lookup` outside tests. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Returns a `lookup` for `net.connect` that finds only the permitted addresses of a host. The socket connects to
 * exactly these, so a DNS response cannot change between the check and the connection.
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
