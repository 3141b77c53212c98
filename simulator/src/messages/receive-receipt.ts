import { isGroupAddress, parseUserAddress } from '../accounts/address.ts';
import { addressOf } from '../accounts/accounts.ts';
import { secondsText } from '../clock/clock.ts';
import { children, stanza } from '../wire/stanza.ts';
import { answerRetryRequest } from './answer-retry.ts';
import type { Account } from '../accounts/accounts.ts';
import type { DeviceLine } from '../connection/device-line.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/**
 * Takes a receipt from a linked device. It acknowledges the messages it names, tells their writer
 * (a phone, or a linked device of another account) and, as type `retry`, asks for one again.
 */
export async function receiveReceipt(
  world: World,
  line: DeviceLine,
  reader: Account,
  receipt: Stanza,
): Promise<void> {
  const { id = '', to, type, participant } = receipt.attrs;
  line.send(
    stanza('ack', {
      class: 'receipt',
      id,
      from: to,
      type,
      participant,
      t: secondsText(world.clock),
    }),
  );
  if (type === 'retry') {
    world.stats.add('retriesAskedByDevices');
    await answerRetryRequest(world, line, reader, receipt);
    return;
  }
  world.database.transaction(() => {
    for (const messageId of namedIds(receipt)) {
      world.outbox.messageArrived(line, messageId, repetitionOf(world, line, type));
      tellPhone(world, receipt, messageId);
    }
    tellDevices(world, line, reader, receipt);
  });
}

/** Whether the server forgets that this message arrived, and when it comes again. */
function repetitionOf(world: World, line: DeviceLine, type: string | undefined) {
  if (type !== undefined && type !== 'inactive') return undefined;
  const fault = world.faults.take('redeliver-incoming', line.phone);
  return fault && (fault.options.when ?? 'now');
}

function namedIds(receipt: Stanza): string[] {
  const more = children(children(receipt, 'list')[0], 'item').map((item) => item.attrs['id']);
  return [receipt.attrs['id'], ...more].filter((id) => id !== undefined);
}

/** Ticks on the phone that wrote the message. */
function tellPhone(world: World, receipt: Stanza, messageId: string): void {
  const { to, participant, type } = receipt.attrs;
  const writer = world.accounts.at(participant ?? to);
  if (!writer) return;
  if (type === 'read' || type === 'played') world.written.markRead(writer.phone, messageId);
  else if (type === undefined || type === 'inactive') {
    world.written.markDelivered(writer.phone, messageId);
  }
}

/** Passes the receipt on to the linked devices of the account that wrote the message. */
function tellDevices(world: World, line: DeviceLine, reader: Account, receipt: Stanza): void {
  const { id, to, type, participant } = receipt.attrs;
  if (type === 'peer_msg' || type === 'hist_sync' || type === 'sender') return;
  const writerAddress = participant ?? to;
  const writer = world.accounts.at(writerAddress);
  if (!writer || writer.phone === reader.phone) return;
  const address = parseUserAddress(writerAddress);
  if (type !== 'read' && address?.device === 0) return;
  const from = addressOf(reader, address?.addressing ?? 'pn', line.device);
  const names = isGroupAddress(to) ? { from: to, participant: from } : { from };
  const forwarded = stanza(
    'receipt',
    { ...names, id, type, t: secondsText(world.clock) },
    receipt.content,
  );
  for (const device of world.devices.of(writer.phone)) {
    if (address?.device === 0 || address?.device === device.device) {
      world.outbox.put(device, forwarded);
    }
  }
}
