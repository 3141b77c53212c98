import { proto, writeRandomPadMax16 } from 'baileys';

import { addressOf } from '../accounts/accounts.ts';
import { handOutDeviceBundle } from '../accounts/hand-out-bundle.ts';
import { otherName } from '../messages/envelope.ts';
import { describeContent } from './content.ts';
import { stanza } from '../wire/stanza.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Addressing } from '../accounts/address.ts';
import type { LinkedDevice } from '../accounts/linked-devices.ts';
import type { Ciphertext } from './phone-sessions.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/** A message as its writer means it, before encryption. */
export interface Draft {
  readonly message: proto.IMessage;
  /** Under which names it goes out; the writer's own habit if left out. */
  readonly addressing?: Addressing | undefined;
  /** The stanza does not tell the writer's other name, as WhatsApp does at times. */
  readonly hidesOtherName?: boolean | undefined;
}

/**
 * The phone of `writer` sends a message to a person: to that person's phone and linked devices,
 * and a copy to the writer's own linked devices. Gives the message id.
 */
export async function writeToPerson(
  world: World,
  writer: Account,
  reader: Account,
  draft: Draft,
): Promise<string> {
  return world.turns.take(writer.phone, async () => {
    const addressing = draft.addressing ?? world.behaviour.of(writer.phone).addressingMode;
    const id = nextMessageId(world, writer);
    const at = world.clock.now();
    const chat = addressOf(reader, addressing);
    const copy = { deviceSentMessage: { destinationJid: chat, message: draft.message } };
    const own = {
      from: addressOf(writer, addressing),
      ...(draft.hidesOtherName === true ? {} : otherName('sender', writer, addressing)),
    };
    const toReader = { ...own, addressing_mode: addressing };
    const toSelf = { ...toReader, recipient: chat, ...otherName('recipient', reader, addressing) };
    const parcels = [
      ...(await encryptForAll(world, writer, reader, draft.message, toReader)),
      ...(reader.phone === writer.phone
        ? []
        : await encryptForAll(world, writer, writer, copy, toSelf)),
    ];
    const body = Buffer.from(proto.Message.encode(draft.message).finish());
    world.database.transaction(() => {
      world.written.add({ phone: writer.phone, id, chat: reader.phone, addressing, body, at });
      showOnPhone(world, writer, reader, draft.message, id, at);
      for (const parcel of parcels) post(world, writer, parcel, id, draft.message, at);
      world.stats.save();
    });
    return id;
  });
}

/** One device's ciphertext and the address attributes of its stanza. */
export interface Parcel {
  readonly device: LinkedDevice;
  readonly peer: Account;
  readonly ciphertexts: readonly Stanza[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** Encrypts for every linked device of `reader`, opening sessions where there is none. */
async function encryptForAll(
  world: World,
  writer: Account,
  reader: Account,
  message: proto.IMessage,
  attributes: Readonly<Record<string, string>>,
): Promise<Parcel[]> {
  const parcels: Parcel[] = [];
  for (const device of world.devices.of(reader.phone)) {
    const ciphertext = await encryptFor(world, writer, reader, device, message);
    parcels.push({ device, peer: reader, ciphertexts: [encElement(ciphertext)], attributes });
  }
  return parcels;
}

/** Encrypts for one linked device; `fresh` opens a new session even if there is one. */
export async function encryptFor(
  world: World,
  writer: Account,
  reader: Account,
  device: LinkedDevice,
  message: proto.IMessage,
  fresh = false,
): Promise<Ciphertext> {
  const peer = { lid: reader.lid, device: device.device };
  if (fresh || !world.sessions.isOpen(writer, peer)) {
    await world.sessions.open(writer, peer, handOutDeviceBundle(world, device));
  }
  const plain = Buffer.from(writeRandomPadMax16(proto.Message.encode(message).finish()));
  return world.sessions.encrypt(writer, peer, plain);
}

/** Saves the session a parcel advanced and puts it into the outbox; inside a transaction. */
export function post(
  world: World,
  writer: Account,
  parcel: Parcel,
  id: string,
  message: proto.IMessage,
  at: number,
  retriesAsked = 0,
): void {
  const { device, peer, attributes, ciphertexts } = parcel;
  world.sessions.save(writer, { lid: peer.lid, device: device.device });
  const node = stanza(
    'message',
    {
      ...attributes,
      id,
      type: describeContent(message)?.media ? 'media' : 'text',
      t: String(Math.floor(at / 1000)),
      notify: writer.name,
    },
    [...ciphertexts],
  );
  world.outbox.put(device, node, 0, retriesAsked);
  world.stats.add('messagesOut');
}

export function encElement({ type, bytes }: Ciphertext): Stanza {
  return stanza('enc', { v: '2', type }, bytes);
}

/** Ids look like those of phones: `3A` and 18 hexadecimal digits; the seed gives them. */
export function nextMessageId(world: World, writer: Account): string {
  const number = world.written.takeNumber(writer.phone);
  const bytes = world.random.bytes(`message-id/${writer.phone}/${number}`, 9);
  return `3A${bytes.toString('hex').toUpperCase()}`;
}

/** Between two phones nothing needs to be encrypted: the message is simply shown. */
export function showOnPhone(
  world: World,
  writer: Account,
  reader: Account,
  message: proto.IMessage,
  id: string,
  at: number,
  groupId: string | null = null,
): void {
  const content = describeContent(message);
  if (!content || reader.phone === writer.phone) return;
  const to = groupId === null ? reader.phone : null;
  world.screen.show({ phone: reader.phone, id, from: writer.phone, to, groupId, at }, content);
}
