import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

/** Global unicast is all that is assigned to the public IPv6 internet (RFC 4291, 2.4). */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * True for an address of the public internet that is not this machine's own. Whatever may lead
 * inside is not: private, shared, loopback and link-local ranges, multicast, documentation, and IPv6
 * forms that carry an IPv4 address.
 * @param address as the system writes it; anything else is not public
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed.kind() === 'ipv6' && !parsed.match(GLOBAL_UNICAST)) return false;
  return !ownAddresses().has(parsed.toNormalizedString());
}

function ownAddresses(): Set<string> {
  const found = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(found.map(({ address }) => ipaddr.parse(address).toNormalizedString()));
}
