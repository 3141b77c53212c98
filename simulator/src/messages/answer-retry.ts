import { proto } from 'baileys';

import { addressOf } from '../accounts/accounts.ts';
import { isGroupAddress, parseUserAddress } from '../accounts/address.ts';
import { encElement, encryptFor, post } from '../phones/write-message.ts';
import { stanza } from '../wire/stanza.ts';
import { otherName } from './envelope.ts';
import type { WrittenMessage } from './written-messages.ts';
import type { Account } from '../accounts/accounts.ts';
import type { LinkedDevice } from '../accounts/linked-devices.ts';
import type { DeviceLine } from '../connection/device-line.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/**
 * A linked device could not decrypt a message and asks for it again. A phone encrypts it once
 * more, in a new session and under the same id; a request to another linked device is passed on.
 */
export async function answerRetryRequest(
  world: World,
  line: DeviceLine,
  reader: Account,
  request: Stanza,
): Promise<void> {
  const { id = '', to, participant } = request.attrs;
  const writerAddress = participant ?? to;
  const writer = world.accounts.at(writerAddress);
  const device = world.devices.find(line.phone, line.device);
  if (!writer || !device) return;
  const written = world.written.find(writer.phone, id);
  if (written) await writeAgain(world, writer, reader, device, written);
  else passOn(world, line, reader, writer, request);
}

async function writeAgain(
  world: World,
  writer: Account,
  reader: Account,
  device: LinkedDevice,
  written: WrittenMessage,
): Promise<void> {
  await world.turns.take(writer.phone, async () => {
    const message = proto.Message.decode(written.body);
    const { addressing } = written;
    const attributes = attributesOf(world, writer, reader, written);
    const chat = attributes['recipient'];
    const content = chat
      ? { deviceSentMessage: { destinationJid: chat, message } }
      : Object.assign(message, groupKey(world, writer, written));
    const ciphertext = await encryptFor(world, writer, reader, device, content, true);
    const parcel = {
      device,
      peer: reader,
      ciphertexts: [encElement(ciphertext)],
      attributes: { ...attributes, addressing_mode: addressing },
    };
    world.database.transaction(() => {
      world.outbox.messageArrived(device, written.id);
      post(world, writer, parcel, written.id, message, written.at, 1);
    });
  });
}

/** Along with a message to a group goes the key for the next ones. */
function groupKey(world: World, writer: Account, { chat: groupId }: WrittenMessage) {
  if (!isGroupAddress(groupId)) return {};
  const axolotlSenderKeyDistributionMessage = world.ownSenderKeys.distribution(writer, groupId);
  return { senderKeyDistributionMessage: { groupId, axolotlSenderKeyDistributionMessage } };
}

function attributesOf(
  world: World,
  writer: Account,
  reader: Account,
  { chat, addressing }: WrittenMessage,
): Record<string, string> {
  const from = addressOf(writer, addressing);
  if (isGroupAddress(chat)) {
    return { from: chat, participant: from, ...otherName('participant', writer, addressing) };
  }
  const names = { from, ...otherName('sender', writer, addressing) };
  const contact = world.accounts.of(chat);
  if (writer.phone !== reader.phone || !contact) return names;
  return { ...names, recipient: addressOf(contact, addressing) };
}

function passOn(
  world: World,
  line: DeviceLine,
  reader: Account,
  writer: Account,
  request: Stanza,
): void {
  const { id, to, type, participant } = request.attrs;
  const address = parseUserAddress(participant ?? to);
  if (!address || address.device === 0) return;
  if (!world.devices.find(writer.phone, address.device)) return;
  const from = addressOf(reader, address.addressing, line.device);
  const names = isGroupAddress(to) ? { from: to, participant: from } : { from };
  world.outbox.put(
    { phone: writer.phone, device: address.device },
    stanza('receipt', { ...names, id, type }, request.content),
  );
}
