import { isGroupAddress, parseUserAddress, userAddress } from '../accounts/address.ts';
import { secondsText } from '../clock/clock.ts';
import { stanza } from '../wire/stanza.ts';
import { deliverCopies } from './deliver-copies.ts';
import { deliverToGroup } from './deliver-to-group.ts';
import type { Envelope } from './envelope.ts';
import type { Account } from '../accounts/accounts.ts';
import type { DeviceLine } from '../connection/device-line.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/** The error in the ack of a message to a group its sender is not in. */
const NOT_A_MEMBER = 403;

/**
 * Takes a message from a linked device, from arrival to ack: faults that hit before it counts,
 * decryption by every phone it is for, one transaction that writes all of it, then the ack (or
 * the fault that takes its place). What was acked has been written.
 */
export async function receiveMessage(
  world: World,
  line: DeviceLine,
  sender: Account,
  message: Stanza,
): Promise<void> {
  const { faults, stats } = world;
  stats.add('messagesIn');
  const drop = faults.take('drop-connection', line.phone, ({ options }) => !!options.after);
  if (drop?.options.lost) return line.drop();
  const rejection = faults.take('reject-message', line.phone);
  if (rejection) {
    stats.add('messagesRejected');
    return line.send(ack(world, message, rejection.options.error ?? 479));
  }
  const envelope = envelopeOf(world, line, sender, message);
  if (envelope.isGroup && !isMember(world, envelope)) {
    stats.add('messagesRejected');
    return line.send(ack(world, message, NOT_A_MEMBER));
  }
  const commits = envelope.isGroup
    ? await deliverToGroup(world, envelope, message)
    : await deliverCopies(world, envelope, message);
  world.database.transaction(() => {
    world.wireLog.note(sender.phone, envelope.id);
    for (const commit of commits) commit();
    stats.save();
  });
  if (drop) return line.drop();
  sendAck(world, line, ack(world, message));
}

function isMember(world: World, { chat, sender }: Envelope): boolean {
  const group = world.groups.find(chat);
  return !!group && world.groups.members(group).some(({ phone }) => phone === sender.phone);
}

function envelopeOf(world: World, line: DeviceLine, sender: Account, { attrs }: Stanza): Envelope {
  const { id = '', to = '', type = 'text', recipient, category } = attrs;
  const isGroup = isGroupAddress(to);
  const address = parseUserAddress(to);
  const addressing = isGroup
    ? (world.groups.find(to)?.addressing ?? 'pn')
    : (address?.addressing ?? 'pn');
  return {
    sender,
    senderDevice: line.device,
    id,
    // A resend to the own phone names the person it was for in `recipient`.
    chat: recipient ?? (address ? userAddress(address.user, address.addressing) : to),
    isGroup,
    addressing,
    type,
    isPeer: category === 'peer',
    at: world.clock.now(),
  };
}

function ack(world: World, message: Stanza, error?: number): Stanza {
  return stanza('ack', {
    class: 'message',
    id: message.attrs['id'],
    from: message.attrs['to'],
    participant: message.attrs['participant'],
    t: secondsText(world.clock),
    error: error === undefined ? undefined : String(error),
  });
}

function sendAck(world: World, line: DeviceLine, node: Stanza): void {
  if (world.faults.take('swallow-ack', line.phone)) return;
  const { ackDelayMs } = world.behaviour.of(line.phone);
  if (ackDelayMs === null) return;
  const delay = world.faults.take('delay-ack', line.phone);
  const delayMs = ackDelayMs + (delay ? (delay.options.delayMs ?? 1000) : 0);
  if (delayMs === 0) line.send(node);
  else world.clock.after(delayMs, () => line.send(node));
}
