import { isBoom } from '@hapi/boom';
import { BAN_REASONS, type CloseReason, type ConnectionEnd } from '../domain/connection-state.ts';
import { withoutNumbers } from '../runtime/log.ts';

/** What Baileys says when a certificate or the identity of the linked device does not verify. */
const UNTRUSTED = /noise (?:intermediate |leaf )?certificate|certification match|account signature/;

/**
 * WhatsApp's numbers (of `<failure reason>` and `<stream:error code>`, as whatsmeow names them in
 * `types/events`, and of Baileys' own ends) and what they mean. 408 and 428 mean that the
 * connection broke; which of its three meanings a 408 has is told by its text. Every number that
 * is not here is unexplained.
 */
export const REASONS_BY_NUMBER: ReadonlyMap<number, CloseReason> = new Map<number, CloseReason>([
  [401, 'logged_out'],
  [402, 'temporarily_banned'],
  [403, 'locked'],
  [405, 'outdated'],
  [406, 'banned'],
  [408, 'lost'],
  [409, 'outdated'],
  [411, 'link_again'],
  [428, 'lost'],
  [440, 'replaced'],
  [500, 'unexplained'],
  [501, 'server_error'],
  [503, 'server_error'],
  [515, 'restart_required'],
]);

/**
 * How a socket ended, from the error Baileys ends it with.
 * @param wasOpen whether the WebSocket itself had been opened
 */
export function connectionEndOf(error: unknown, wasOpen: boolean): ConnectionEnd {
  const text = error instanceof Error ? error.message : '';
  if (UNTRUSTED.test(text)) return { reason: 'untrusted', detail: text };
  if (text.includes('QR refs attempts ended')) return { reason: 'link_expired', detail: '' };
  // Baileys puts HTTP's numbers and the system's into the same field as WhatsApp's.
  const isOfNetwork = text.startsWith('WebSocket Error');
  const number = isBoom(error) && !isOfNetwork ? error.output.statusCode : undefined;
  const reason = reasonOf(number, error, wasOpen);
  if (reason === 'temporarily_banned') return banOf(error);
  return { reason, detail: number === undefined ? text : `${text} (${number})` };
}

function reasonOf(number: number | undefined, error: unknown, wasOpen: boolean): CloseReason {
  // Any <conflict> without a number is 440 for Baileys, also this one; and a 401 may be any.
  const conflict = conflictOf(error);
  if (conflict === 'device_removed') return 'logged_out';
  if (conflict === 'replaced') return 'replaced';
  const known = number === undefined ? 'lost' : REASONS_BY_NUMBER.get(number);
  if (known === 'lost') return wasOpen ? 'lost' : 'unreachable';
  return known ?? 'unexplained';
}

/** The type of the `<conflict>` in a stream error. */
function conflictOf(error: unknown): string | undefined {
  const { tag, attrs } = nodeOf(error);
  return tag === 'conflict' ? attrs?.['type'] : undefined;
}

/** `<failure reason="402" code="101" expire="3600">`: why, and for how many seconds. */
function banOf(error: unknown): ConnectionEnd {
  const { code, expire } = attributesOf(error);
  const why = BAN_REASONS[Number(code)];
  const seconds = Number(expire);
  return {
    reason: 'temporarily_banned',
    detail: [why, code === undefined ? undefined : `code ${code}`].filter(Boolean).join(', '),
    banMs: expire !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null,
  };
}

/** What WhatsApp said at the end, for the log: tags and attributes, without long numbers. */
export function rawReasonOf(error: unknown): string {
  const data = isBoom(error) ? (error.data as unknown) : undefined;
  if (data === undefined || data === null) return '';
  const { tag } = nodeOf(error);
  return withoutNumbers(JSON.stringify({ tag, ...attributesOf(error) })).slice(0, 300);
}

/** Baileys hands over the node of a stream error, but only the attributes of a failure. */
function nodeOf(error: unknown): { tag?: string; attrs?: Readonly<Record<string, string>> } {
  const data = isBoom(error) ? (error.data as unknown) : undefined;
  return typeof data === 'object' && data !== null ? data : {};
}

function attributesOf(error: unknown): Readonly<Record<string, string>> {
  const node = nodeOf(error);
  return node.tag === undefined ? (node as Readonly<Record<string, string>>) : (node.attrs ?? {});
}
