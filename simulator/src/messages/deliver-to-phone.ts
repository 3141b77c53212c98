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

/** A phone's attempt at a ciphertext. */
export interface Attempt {
  /** Undefined if the phone could not decrypt it. */
  readonly message: proto.IMessage | undefined;
  /** Writes how the session stands now. */
  readonly save: Commit;
}

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
  const { message, save } = await decryptCopy(world, envelope, reader, ciphertext);
  return () => {
    save();
    if (message) acceptMessage(world, envelope, reader, message);
    else acceptUndecryptable(world, envelope, reader);
  };
}

/** Decrypts a copy without looking at what is in it. */
export async function decryptCopy(
  world: World,
  envelope: Envelope,
  reader: Account,
  ciphertext: Ciphertext,
): Promise<Attempt> {
  const peer = { lid: envelope.sender.lid, device: envelope.senderDevice };
  const message = await decrypt(world, reader, peer, ciphertext);
  const save = () => {
    world.sessions.save(reader, peer);
    world.ratchets.note(reader, peer, ciphertext);
  };
  return { message, save };
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
