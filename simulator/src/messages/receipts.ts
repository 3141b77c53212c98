import { addressOf } from '../accounts/accounts.ts';
import { bundleElements } from '../accounts/key-bundle.ts';
import { RETRY_AFTER_MS, receiptDelays } from '../phones/behaviour.ts';
import { bigEndian, stanza } from '../wire/stanza.ts';
import type { Envelope } from './envelope.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

const RETRIES_MAX = 5;

/**
 * Schedules what a phone says about a message it has decrypted: delivered and read, each to the
 * device that sent it. A phone that already knew the message confirms delivery once more.
 */
export function scheduleReceipts(
  world: World,
  envelope: Envelope,
  reader: Account,
  isRepetition: boolean,
): void {
  let { deliverMs, readMs } = receiptDelays(world.behaviour.of(reader.phone));
  if (isRepetition) readMs = null;
  if (deliverMs !== null && readMs !== null) {
    if (world.faults.take('reorder-receipts', envelope.sender.phone)) {
      [deliverMs, readMs] = [Math.max(deliverMs, readMs) + 1, Math.min(deliverMs, readMs)];
    } else {
      readMs = Math.max(deliverMs, readMs);
    }
  }
  if (deliverMs !== null) putReceipt(world, envelope, reader, undefined, deliverMs);
  if (readMs !== null) putReceipt(world, envelope, reader, 'read', readMs);
}

/** The own phone of the sender has got its copy: the receipt that Baileys calls SERVER_ACK. */
export function scheduleSenderReceipt(world: World, envelope: Envelope): void {
  const { sender, chat, addressing } = envelope;
  const { deliverMs } = receiptDelays(world.behaviour.of(sender.phone));
  if (deliverMs === null || envelope.isGroup) return;
  const receipt = receiptStanza(world, envelope, deliverMs, {
    from: addressOf(sender, addressing),
    recipient: chat,
    type: 'sender',
  });
  put(world, envelope, receipt, deliverMs);
}

/**
 * Asks the sending device for a message that could not be decrypted. `attempt` counts from 1;
 * from the second on, the phone's keys go along so that a new session can be opened at once.
 */
export function scheduleRetryRequest(
  world: World,
  envelope: Envelope,
  reader: Account,
  attempt: number,
): void {
  if (attempt > RETRIES_MAX) return;
  world.stats.add('retriesAskedByPhones');
  const { registrationId } = world.phoneKeys.identityOf(reader);
  const keys = attempt > 1 ? bundleElements(world.phoneKeys.takeBundle(reader)) : undefined;
  const t = secondsAt(world, RETRY_AFTER_MS);
  const content = [
    stanza('retry', { count: String(attempt), id: envelope.id, t, v: '1' }),
    stanza('registration', {}, bigEndian(registrationId, 4)),
    ...(keys
      ? [
          stanza(
            'keys',
            {},
            keys.filter(({ tag }) => tag !== 'registration'),
          ),
        ]
      : []),
  ];
  const isOwnPhone = reader.phone === envelope.sender.phone;
  const receipt = receiptStanza(world, envelope, RETRY_AFTER_MS, {
    ...senderOfReceipt(envelope, reader),
    recipient: isOwnPhone && !envelope.isGroup ? envelope.chat : undefined,
    type: 'retry',
  });
  put(world, envelope, { ...receipt, content }, RETRY_AFTER_MS);
}

function putReceipt(
  world: World,
  envelope: Envelope,
  reader: Account,
  type: 'read' | undefined,
  delayMs: number,
): void {
  const from = senderOfReceipt(envelope, reader);
  const receipt = receiptStanza(world, envelope, delayMs, { ...from, type });
  put(world, envelope, receipt, delayMs);
  if (world.faults.take('duplicate-receipt', envelope.sender.phone)) {
    put(world, envelope, receipt, delayMs);
  }
}

function senderOfReceipt(envelope: Envelope, reader: Account): Record<string, string> {
  const address = addressOf(reader, envelope.addressing);
  return envelope.isGroup ? { from: envelope.chat, participant: address } : { from: address };
}

function receiptStanza(
  world: World,
  envelope: Envelope,
  delayMs: number,
  attributes: Record<string, string | undefined>,
): Stanza {
  return stanza('receipt', { ...attributes, id: envelope.id, t: secondsAt(world, delayMs) });
}

function put(world: World, envelope: Envelope, receipt: Stanza, delayMs: number): void {
  const device = { phone: envelope.sender.phone, device: envelope.senderDevice };
  world.outbox.put(device, receipt, delayMs);
  world.stats.add('receiptsOut');
}

function secondsAt(world: World, delayMs: number): string {
  return String(Math.floor((world.clock.now() + delayMs) / 1000));
}
