import { whatsAppId } from '../domain/ids.ts';
import type { IncomingMessage } from '../sessions/connection.ts';
import { getContentType, normalizeMessageContent, type WAMessage } from './baileys.ts';
import { parseJid } from './jid.ts';

/**
 * Translates a decrypted message from somebody else into our words.
 * @returns null for what is no message to the user: our own, protocol traffic, status posts, and
 *   what could not be decrypted (WhatsApp sends that again)
 */
export function decodeMessage(message: WAMessage, nowMs: number): IncomingMessage | null {
  const { key } = message;
  if (key.fromMe === true || key.id == null || message.message == null) return null;
  const chat = parseJid(key.remoteJid);
  if (chat.kind === 'other') return null;
  const content = readContent(message);
  if (content === null) return null;
  const isGroup = chat.kind === 'group';
  const sender = isGroup
    ? [parseJid(key.participant), parseJid(key.participantAlt)]
    : [chat, parseJid(key.remoteJidAlt)];
  const digitsOf = (kind: 'phone' | 'lid'): string | null =>
    sender.flatMap((jid) => (jid.kind === kind ? [jid.digits] : []))[0] ?? null;
  return {
    whatsAppId: whatsAppId(key.id),
    groupId: isGroup ? chat.digits : null,
    fromPhone: digitsOf('phone'),
    fromLid: digitsOf('lid'),
    ...content,
    sentAtMs: Number(message.messageTimestamp ?? 0) * 1000 || nowMs,
  };
}

/** Types that carry no message of their own. */
const SILENT_TYPES = new Set([
  'protocolMessage',
  'senderKeyDistributionMessage',
  'messageContextInfo',
]);

function readContent(message: WAMessage): { type: string; text: string } | null {
  const content = normalizeMessageContent(message.message);
  const type = getContentType(content);
  if (content === undefined || type === undefined || SILENT_TYPES.has(type)) return null;
  const text = content.conversation ?? content.extendedTextMessage?.text;
  if (text != null) return { type: 'chat', text };
  const body = content[type];
  const caption =
    typeof body === 'object' && body !== null && 'caption' in body ? body.caption : undefined;
  return {
    type: type.replace(/Message(V\d)?$/, ''),
    text: typeof caption === 'string' ? caption : '',
  };
}
