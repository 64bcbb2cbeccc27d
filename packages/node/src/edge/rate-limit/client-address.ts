/**
 * Whose limit a call counts against. Behind proxies the peer is the proxy; each of them adds the address that it saw at the
 * end of x-forwarded-for, so the entry that the outermost trusted one added stands that many places from the right. What
 * stands further left was written by the client and means nothing.
 */
import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * The key of a caller's limits: an IPv4 address, or the /64 of an IPv6 one, which is what one customer has. Undefined for a
 * caller on this machine itself, and for one whose address cannot be told: neither is limited.
 *
 * @param forwardedFor header x-forwarded-for
 * @param trustedHops proxies in front of the node
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
  trustedHops: number,
): string | undefined {
  const address = trustedHops === 0 ? peer : forwardedEntry(forwardedFor, trustedHops);
  if (address === undefined) return undefined;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const version = isIP(plain);
  if (version === 4) return LOOPBACK.check(plain, 'ipv4') ? undefined : plain;
  if (version === 6) return LOOPBACK.check(plain, 'ipv6') ? undefined : network64(plain);
  return undefined;
}

function forwardedEntry(header: string | readonly string[] | undefined, trustedHops: number): string | undefined {
  const entries = (typeof header === 'string' ? header : (header ?? []).join(',')).split(',');
  const entry = entries.at(-trustedHops)?.trim();
  // With a port, and IPv6 in brackets, as some proxies write it.
  return entry === undefined
    ? undefined
    : entry.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
}

/** The first four groups of an IPv6 address. */
function network64(address: string): string {
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined
      ? left
      : [...left, ...new Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
