import { addressOf } from '../accounts/accounts.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Addressing } from '../accounts/address.ts';

/** What is written on the outside of a message from a linked device. */
export interface Envelope {
  readonly sender: Account;
  readonly senderDevice: number;
  readonly id: string;
  /** Where it was written to, without a device: a person under one of its names, or a group. */
  readonly chat: string;
  readonly isGroup: boolean;
  /** Under which names the message speaks of people. */
  readonly addressing: Addressing;
  /** The stanza's `type`: text, media, reaction ... */
  readonly type: string;
  /** A message to the own phone about the account itself; nobody shows it. */
  readonly isPeer: boolean;
  /** Arrival, milliseconds since 1970. */
  readonly at: number;
}

/** The sending device, under the name this message uses. */
export function senderAddress(envelope: Envelope): string {
  return addressOf(envelope.sender, envelope.addressing, envelope.senderDevice);
}

/** An account's two names in the attributes that accompany an address. */
export function otherName(
  role: 'sender' | 'recipient' | 'participant',
  account: Account,
  addressing: Addressing,
): Record<string, string> {
  return addressing === 'lid'
    ? { [`${role}_pn`]: addressOf(account, 'pn') }
    : { [`${role}_lid`]: addressOf(account, 'lid') };
}
