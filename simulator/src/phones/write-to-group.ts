import { proto, writeRandomPadMax16 } from 'baileys';

import { addressOf } from '../accounts/accounts.ts';
import { otherName } from '../messages/envelope.ts';
import { stanza } from '../wire/stanza.ts';
import { peerName } from './phone-sessions.ts';
import { encElement, encryptFor, nextMessageId, post, showOnPhone } from './write-message.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Group } from '../groups/groups.ts';
import type { World } from '../world/world.ts';
import type { Parcel } from './write-message.ts';

/**
 * The phone of `writer`, a member, sends a message to its group: shown on the members' phones,
 * encrypted once with the writer's sender key for all linked devices. A device that does not have
 * that key yet gets it in a direct ciphertext of its own, in front. Gives the message id.
 */
export async function writeToGroup(
  world: World,
  writer: Account,
  group: Group,
  message: proto.IMessage,
): Promise<string> {
  return world.turns.take(writer.phone, async () => {
    const id = nextMessageId(world, writer);
    const at = world.clock.now();
    const plain = Buffer.from(writeRandomPadMax16(proto.Message.encode(message).finish()));
    const sealed = world.ownSenderKeys.seal(writer, group.id, plain);
    const shared = stanza('enc', { v: '2', type: 'skmsg' }, sealed.bytes);
    const members = world.groups
      .members(group)
      .flatMap(({ phone }) => world.accounts.of(phone) ?? []);
    const parcels: Parcel[] = [];
    const given: string[] = [];
    for (const member of members) {
      for (const device of world.devices.of(member.phone)) {
        const name = peerName({ lid: member.lid, device: device.device });
        const key = sealed.givenTo.includes(name)
          ? []
          : [await encryptKey(world, writer, member, device, group, sealed.distribution)];
        if (key.length > 0) given.push(name);
        const attributes = groupAttributes(writer, group);
        parcels.push({ device, peer: member, ciphertexts: [...key, shared], attributes });
      }
    }
    const body = Buffer.from(proto.Message.encode(message).finish());
    world.database.transaction(() => {
      if (given.length > 0) world.ownSenderKeys.noteGiven(writer, group.id, given);
      const { addressing } = group;
      world.written.add({ phone: writer.phone, id, chat: group.id, addressing, body, at });
      for (const member of members) {
        showOnPhone(world, writer, member, message, id, at, group.id);
      }
      for (const parcel of parcels) post(world, writer, parcel, id, message, at);
      world.stats.save();
    });
    return id;
  });
}

/** The address attributes of a member's message to a group. */
function groupAttributes(writer: Account, group: Group): Record<string, string> {
  const { id, addressing } = group;
  return {
    from: id,
    participant: addressOf(writer, addressing),
    ...otherName('participant', writer, addressing),
    addressing_mode: addressing,
  };
}

async function encryptKey(
  world: World,
  writer: Account,
  member: Account,
  device: Parcel['device'],
  group: Group,
  distribution: Buffer,
) {
  const senderKeyDistributionMessage = {
    groupId: group.id,
    axolotlSenderKeyDistributionMessage: distribution,
  };
  const message = { senderKeyDistributionMessage };
  return encElement(await encryptFor(world, writer, member, device, message));
}
