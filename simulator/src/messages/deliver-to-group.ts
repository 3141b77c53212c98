import { proto, unpadRandomMax16 } from 'baileys';

import { parseUserAddress } from '../accounts/address.ts';
import { describeContent } from '../phones/content.ts';
import { openMessage } from '../phones/sender-keys.ts';
import { bytesOf, children } from '../wire/stanza.ts';
import { ciphertextOf, copiesOf } from './deliver-copies.ts';
import { acceptMessage, acceptUndecryptable, decryptCopy } from './deliver-to-phone.ts';
import { forwardToDevice } from './forward-to-device.ts';
import type { Copy } from './deliver-copies.ts';
import type { Commit } from './deliver-to-phone.ts';
import type { Envelope } from './envelope.ts';
import type { Account } from '../accounts/accounts.ts';
import type { OpenedMessage } from '../phones/sender-keys.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/**
 * Delivers a message to the members of its group. Direct copies come first: they bring members
 * the sender's key (or, in a resend, the message itself). The `skmsg` that follows is the same
 * for all and read with that key.
 */
export async function deliverToGroup(
  world: World,
  envelope: Envelope,
  message: Stanza,
): Promise<Commit[]> {
  const commits: Commit[] = [];
  const copies = copiesOf(message);
  const shared = children(message, 'enc').find(({ attrs }) => attrs['type'] === 'skmsg');
  for (const copy of copies) {
    const reader = phoneOf(world, copy);
    if (reader) commits.push(await deliverCopy(world, envelope, reader, copy, !shared));
  }
  commits.push(() => forwardToDevices(world, envelope, message, copies, shared));
  const opened = shared && openMessage(bytesOf(shared) ?? Buffer.alloc(0));
  if (opened) commits.push(() => deliverShared(world, envelope, opened));
  return commits;
}

/** The member whose phone a copy is for; undefined if it is for a linked device. */
function phoneOf(world: World, { jid }: Copy): Account | undefined {
  return parseUserAddress(jid)?.device === 0 ? world.accounts.at(jid) : undefined;
}

async function deliverCopy(
  world: World,
  envelope: Envelope,
  reader: Account,
  copy: Copy,
  isAll: boolean,
): Promise<Commit> {
  const ciphertext = ciphertextOf(copy.enc);
  if (!ciphertext) return () => undefined;
  const { message, save } = await decryptCopy(world, envelope, reader, ciphertext);
  return () => {
    save();
    if (message) acceptSenderKey(world, envelope, reader, message);
    // Without a key the shared message will fail, and the phone asks again then.
    if (!message && isAll) acceptUndecryptable(world, envelope, reader);
    if (message && describeContent(message)) acceptMessage(world, envelope, reader, message);
  };
}

function acceptSenderKey(
  world: World,
  envelope: Envelope,
  reader: Account,
  message: proto.IMessage,
): void {
  const given = message.senderKeyDistributionMessage;
  const distribution = given?.axolotlSenderKeyDistributionMessage;
  if (!distribution || given.groupId !== envelope.chat) return;
  const peer = { lid: envelope.sender.lid, device: envelope.senderDevice };
  try {
    world.senderKeys.accept(reader, envelope.chat, peer, Buffer.from(distribution));
  } catch {
    world.stats.add('undecryptable');
  }
}

/** Every member's phone reads the shared message. */
function deliverShared(world: World, envelope: Envelope, opened: OpenedMessage): void {
  const { sender, senderDevice, chat } = envelope;
  const peer = { lid: sender.lid, device: senderDevice };
  world.ratchets.noteGroup(chat, peer, opened.message);
  for (const reader of memberAccounts(world, chat)) {
    const plain = world.senderKeys.decrypt(reader, chat, peer, opened);
    const message = plain && decode(plain);
    if (message) acceptMessage(world, envelope, reader, message);
    else acceptUndecryptable(world, envelope, reader);
  }
}

/** Linked devices of members get their direct copy (if any) and the shared message together. */
function forwardToDevices(
  world: World,
  envelope: Envelope,
  message: Stanza,
  copies: readonly Copy[],
  shared: Stanza | undefined,
): void {
  const direct = new Map<string, Stanza>();
  for (const { jid, enc } of copies) {
    const account = world.accounts.at(jid);
    if (account) direct.set(`${account.phone}:${parseUserAddress(jid)?.device}`, enc);
  }
  for (const account of memberAccounts(world, envelope.chat)) {
    for (const { device } of world.devices.of(account.phone)) {
      const isSender = account.phone === envelope.sender.phone && device === envelope.senderDevice;
      const own = direct.get(`${account.phone}:${device}`);
      const ciphertexts = [own, shared].filter((enc) => enc !== undefined);
      if (!isSender && ciphertexts.length > 0) {
        forwardToDevice(world, envelope, { account, device }, ciphertexts, message);
      }
    }
  }
}

function memberAccounts(world: World, groupId: string): Account[] {
  const group = world.groups.find(groupId);
  const members = group ? world.groups.members(group) : [];
  return members.flatMap(({ phone }) => world.accounts.of(phone) ?? []);
}

function decode(plain: Buffer): proto.IMessage | undefined {
  try {
    return proto.Message.decode(unpadRandomMax16(plain));
  } catch {
    return undefined;
  }
}
