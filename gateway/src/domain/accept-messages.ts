import { withLatinDigits } from './digits.ts';
import { Problem } from './errors.ts';
import { parseExpiry, type WrittenExpiry } from './expiry.ts';
import { parseGroupId } from './group-id.ts';
import type { ServiceId, WhatsAppId } from './ids.ts';
import type { AcceptedMessage, Content, LocationContent, Recipient } from './message.ts';
import { parsePhoneNumber } from './phone-number.ts';
import { parseSchedule } from './schedule.ts';

const TEXT_BYTES_MAX = 65_536;
const METADATA_BYTES_MAX = 1024;
const RECIPIENTS_MAX = 1000;

/** What a caller asks to be sent, before it is judged. */
export interface SendRequest {
  /** Numbers or group ids as the caller wrote them. */
  readonly recipients: readonly string[];
  readonly content: Content;
  readonly options: SendOptions;
}

/** How a message is to be sent, as the caller wrote it. */
export interface SendOptions {
  readonly schedule: string | undefined;
  readonly isUrgent: boolean;
  readonly expiry: WrittenExpiry;
  /** The caller's own reference. */
  readonly metadata: string | undefined;
}

/** What a service adds to the judgement. */
export interface SenderRules {
  readonly serviceId: ServiceId;
  /** Reads one recipient: see `peopleOf` and `groups`. */
  readonly readRecipient: (written: string) => Recipient;
  /** What the recipients' parameter is called. */
  readonly parameter: string;
}

/** Recipients are people; a leading 0 becomes the country code, if there is one. */
export function peopleOf(countryCode: string | null): SenderRules['readRecipient'] {
  return (written) => ({ kind: 'person', phone: parsePhoneNumber(written, countryCode) });
}

/** Recipients are groups. */
export const groups: SenderRules['readRecipient'] = (written) => ({
  kind: 'group',
  groupId: parseGroupId(written),
});

/**
 * A text good enough to be sent.
 * @throws Problem `empty_message` or `message_too_long`
 */
export function acceptText(text: string | undefined): Content {
  if (text === undefined || text.trim() === '') throw new Problem('empty_message');
  return { kind: 'text', text: withinLimit(text) };
}

/**
 * A caption; may be empty.
 * @throws Problem `message_too_long`
 */
export function acceptCaption(text: string | undefined): string {
  return withinLimit(text ?? '');
}

/**
 * A place on the map.
 * @param latitude degrees from -90 to 90, as written
 * @param longitude degrees from -180 to 180, as written
 * @throws Problem `invalid_parameter` or `message_too_long`
 */
export function acceptLocation(
  text: string | undefined,
  latitude: string,
  longitude: string,
): LocationContent {
  return {
    kind: 'location',
    text: withinLimit(text ?? ''),
    latitude: readDegrees(latitude, 'lat', 90),
    longitude: readDegrees(longitude, 'long', 180),
  };
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
    throw new Problem('missing_parameter', `The parameter "${rules.parameter}" is missing.`);
  }
  if (request.recipients.length > RECIPIENTS_MAX) throw new Problem('too_many_recipients');
  const { options } = request;
  const scheduledAtMs = parseSchedule(options.schedule, nowMs);
  const howSent = {
    scheduledAtMs,
    isUrgent: options.isUrgent,
    expiresAtMs: parseExpiry(options.expiry, scheduledAtMs, nowMs),
    metadata: acceptMetadata(options.metadata),
  };
  const recipients = readRecipients(request.recipients, rules.readRecipient);
  return recipients.map((recipient, index) => ({
    serviceId: rules.serviceId,
    whatsAppId: newId(),
    recipient,
    writtenRecipient: request.recipients[index] ?? '',
    content: request.content,
    ...howSent,
  }));
}

function readRecipients(
  written: readonly string[],
  read: SenderRules['readRecipient'],
): Recipient[] {
  const recipients: Recipient[] = [];
  const refusals: Problem[] = [];
  for (const [index, recipient] of written.entries()) {
    try {
      recipients.push(read(recipient));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const sentence = written.length === 1 ? error.message : `[${index}] ${error.message}`;
      refusals.push(new Problem(error.code, sentence));
    }
  }
  const [first] = refusals;
  if (first === undefined) return recipients;
  throw new Problem(first.code, refusals.map((refusal) => refusal.message).join(' '));
}

function withinLimit(text: string): string {
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) throw new Problem('message_too_long');
  return text;
}

function acceptMetadata(written: string | undefined): string | null {
  if (written === undefined || written === '') return null;
  if (Buffer.byteLength(written) > METADATA_BYTES_MAX) throw new Problem('metadata_too_long');
  return written;
}

function readDegrees(written: string, parameter: string, most: number): number {
  const text = withLatinDigits(written).trim();
  const degrees = Number(text);
  if (text === '' || !Number.isFinite(degrees) || Math.abs(degrees) > most) {
    throw new Problem(
      'invalid_parameter',
      `The parameter "${parameter}" must be a number of degrees from -${most} to ${most}.`,
    );
  }
  return degrees;
}
