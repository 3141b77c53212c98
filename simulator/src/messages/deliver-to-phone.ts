import { proto, unpadRandomMax16 } from 'baileys';

import { parseUserAddress } from '../accounts/address.ts';
import { describeContent } from '../phones/content.ts';
import { scheduleReceipts, scheduleRetryRequest, scheduleSenderReceipt } from './receipts.ts';
import type { Envelope } from './envelope.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Ciphertext, Peer } from '../phones/phone-sessions.ts';
import type { World } from '../world/world.ts';

/** Writes what a delivery has brought; to be run inside the transaction of its message. */
export type Commit = () => void;

/**
 * Hands a directly encrypted message to a phone: the phone decrypts it with its own session and
 * shows it. Nothing is written before the returned commit is run.
 */
export async function deliverToPhone(
  world: World,
  envelope: Envelope,
  reader: Account,
  ciphertext: Ciphertext,
): Promise<Commit> {
  const peer = { lid: envelope.sender.lid, device: envelope.senderDevice };
  const message = await decrypt(world, reader, peer, ciphertext);
  return () => {
    world.sessions.save(reader, peer);
    noteRatchet(world, reader, peer, ciphertext);
    if (message) acceptMessage(world, envelope, reader, message);
    else acceptUndecryptable(world, envelope, reader);
  };
}

/** Shows a decrypted message and schedules the receipts that follow from it. */
export function acceptMessage(
  world: World,
  envelope: Envelope,
  reader: Account,
  message: proto.IMessage,
): void {
  if (envelope.isPeer) return;
  const isOwnPhone = reader.phone === envelope.sender.phone;
  const isRepetition = show(world, envelope, reader, message);
  if (isOwnPhone) scheduleSenderReceipt(world, envelope);
  else scheduleReceipts(world, envelope, reader, isRepetition);
}

/** A message nobody can read: asked for again, unless the phone has it already. */
export function acceptUndecryptable(world: World, envelope: Envelope, reader: Account): void {
  if (world.screen.countCopy(reader.phone, envelope.sender.phone, envelope.id)) {
    if (reader.phone === envelope.sender.phone) scheduleSenderReceipt(world, envelope);
    else scheduleReceipts(world, envelope, reader, true);
    return;
  }
  world.stats.add('undecryptable');
  const attempt = world.wireLog.copies(envelope.sender.phone, envelope.id);
  scheduleRetryRequest(world, envelope, reader, attempt);
}

function noteRatchet(world: World, reader: Account, peer: Peer, ciphertext: Ciphertext): void {
  const use = world.ratchets.note(reader, peer, ciphertext);
  if (use === 'fresh') return;
  world.stats.add('reusedRatchetCounters');
  if (use === 'other-ciphertext') world.stats.add('reusedWithOtherCiphertext');
}

async function decrypt(
  world: World,
  reader: Account,
  peer: Peer,
  ciphertext: Ciphertext,
): Promise<proto.IMessage | undefined> {
  try {
    const plain = await world.sessions.decrypt(reader, peer, ciphertext);
    return proto.Message.decode(unpadRandomMax16(plain));
  } catch {
    return undefined; // the caller counts it and asks for the message again
  }
}

/** Puts the message on the phone's screen; true if it was there before. */
function show(world: World, envelope: Envelope, reader: Account, message: proto.IMessage): boolean {
  const copy = message.deviceSentMessage;
  const content = describeContent(copy?.message ?? message);
  if (!content) return false;
  const { sender, id, chat, isGroup, at } = envelope;
  const to = isGroup ? null : (world.accounts.at(chat)?.phone ?? parseUserAddress(chat)?.user);
  const arrival = {
    phone: reader.phone,
    id,
    from: sender.phone,
    to: to ?? null,
    groupId: isGroup ? chat : null,
    at,
  };
  return world.screen.show(arrival, content) > 1;
}
