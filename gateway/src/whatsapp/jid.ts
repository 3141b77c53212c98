import type { Recipient } from '../domain/message.ts';
import { jidDecode } from './baileys.ts';

/** All translation between our numbers and WhatsApp's addresses (JIDs). */

/** A number -> `447400000001@s.whatsapp.net`; a group's id -> `120363292564959780@g.us`. */
export function makeJid(recipient: Recipient): string {
  return recipient.kind === 'person'
    ? `${recipient.phone}@s.whatsapp.net`
    : `${recipient.groupId}@g.us`;
}

/** What an address names. Digits only, without device. */
export type ParsedJid =
  | { readonly kind: 'phone' | 'lid' | 'group' | 'broadcast-list'; readonly digits: string }
  | { readonly kind: 'other' };

/** Reads an address; what is neither person, group nor list (status, newsletter) is `other`. */
export function parseJid(jid: string | null | undefined): ParsedJid {
  const decoded = jid ? jidDecode(jid) : undefined;
  if (decoded === undefined) return { kind: 'other' };
  switch (decoded.server) {
    case 's.whatsapp.net':
    case 'c.us':
    case 'hosted':
      return { kind: 'phone', digits: decoded.user };
    case 'lid':
    case 'hosted.lid':
      return { kind: 'lid', digits: decoded.user };
    case 'g.us':
      return { kind: 'group', digits: decoded.user };
    case 'broadcast':
      return decoded.user === 'status'
        ? { kind: 'other' }
        : { kind: 'broadcast-list', digits: decoded.user };
    default:
      return { kind: 'other' };
  }
}
