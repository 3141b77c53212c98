import type { MessageId, ServiceId, WhatsAppId } from './ids.ts';
import { Problem } from './errors.ts';
import { parsePhoneNumber, type PhoneNumber } from './phone-number.ts';
import { parseSchedule } from './schedule.ts';

const TEXT_BYTES_MAX = 65_536;
const RECIPIENTS_MAX = 1000;

/** What a caller asks to be sent, before it is judged. */
export interface SendRequest {
  /** Numbers as the caller wrote them. */
  readonly recipients: readonly string[];
  readonly text: string | undefined;
  readonly schedule: string | undefined;
}

/** What a service adds to the judgement. */
export interface SenderRules {
  readonly serviceId: ServiceId;
  /** What replaces a leading 0, or null. */
  readonly countryCode: string | null;
}

/** A message good enough to be kept: one recipient, one text. */
export interface AcceptedMessage {
  readonly serviceId: ServiceId;
  readonly whatsAppId: WhatsAppId;
  readonly phone: PhoneNumber;
  /** The recipient as the caller wrote it. */
  readonly writtenPhone: string;
  readonly text: string;
  /** Milliseconds since 1970; null sends as soon as possible. */
  readonly scheduledAtMs: number | null;
}

/** A kept message that is due, as the sender sees it. */
export interface DueMessage {
  readonly serviceId: ServiceId;
  readonly id: MessageId;
  readonly whatsAppId: WhatsAppId;
  readonly phone: PhoneNumber;
  readonly text: string;
  /** How often it was handed to WhatsApp, this time included. */
  readonly attempts: number;
}

/**
 * Accepts or refuses a request to send: everything or nothing.
 * @param newId makes the WhatsApp id of each message
 * @returns one message a recipient, in the caller's order
 * @throws Problem naming every bad recipient, when there are several
 */
export function acceptMessages(
  request: SendRequest,
  rules: SenderRules,
  nowMs: number,
  newId: () => WhatsAppId,
): AcceptedMessage[] {
  if (request.recipients.length === 0) {
    throw new Problem('missing_parameter', 'The parameter "phonenumber" is missing.');
  }
  if (request.recipients.length > RECIPIENTS_MAX) throw new Problem('too_many_recipients');
  const text = request.text ?? '';
  if (text.trim() === '') throw new Problem('empty_message');
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) throw new Problem('message_too_long');
  const scheduledAtMs = parseSchedule(request.schedule, nowMs);
  const phones = parseRecipients(request.recipients, rules.countryCode);
  return phones.map((phone, index) => ({
    serviceId: rules.serviceId,
    whatsAppId: newId(),
    phone,
    writtenPhone: request.recipients[index] ?? phone,
    text,
    scheduledAtMs,
  }));
}

function parseRecipients(written: readonly string[], countryCode: string | null): PhoneNumber[] {
  const phones: PhoneNumber[] = [];
  const refusals: string[] = [];
  for (const [index, recipient] of written.entries()) {
    try {
      phones.push(parsePhoneNumber(recipient, countryCode));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refusals.push(written.length === 1 ? error.message : `[${index}] ${error.message}`);
    }
  }
  if (refusals.length > 0) throw new Problem('invalid_phone_number', refusals.join(' '));
  return phones;
}
