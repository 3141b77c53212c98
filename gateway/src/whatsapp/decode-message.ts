import { whatsAppId } from '../domain/ids.ts';
import type { IncomingFile, IncomingMessage } from '../sessions/connection.ts';
import { proto, type WAMessage } from './baileys.ts';
import { parseJid, type ParsedJid } from './jid.ts';
import { readContent } from './received/read-content.ts';
import type { ReceivedContent, ReceivedFile } from './received/received-content.ts';

/** WhatsApp shows it on the phone alone and tells linked devices only that it came. */
const VIEW_ONCE_ELSEWHERE: ReceivedContent = { type: 'unsupported', text: 'viewOnceMessage' };

/**
 * Translates a decrypted message from somebody else into our words.
 * @returns null for what is no message to the user: our own, protocol traffic, status posts, and
 *   what could not be decrypted (WhatsApp sends that again)
 */
export function decodeMessage(message: WAMessage, nowMs: number): IncomingMessage | null {
  const { key } = message;
  if (key.fromMe === true || key.id == null) return null;
  const chat = parseJid(key.remoteJid);
  if (chat.kind === 'other') return null;
  const content = contentOf(message);
  if (content === null) return null;
  const sender =
    chat.kind === 'group' || chat.kind === 'broadcast-list'
      ? [key.participant, key.participantAlt ?? key.remoteJidAlt].map(parseJid)
      : [chat, parseJid(key.remoteJidAlt)];
  return {
    whatsAppId: whatsAppId(key.id),
    groupId: chat.kind === 'group' ? chat.digits : null,
    fromPhone: digitsOf('phone', sender),
    fromLid: digitsOf('lid', sender),
    type: content.type,
    text: content.text,
    file: content.file === undefined ? null : toIncomingFile(message, content.file),
    sentAtMs: Number(message.messageTimestamp ?? 0) * 1000 || nowMs,
  };
}

function contentOf({ key, message }: WAMessage): ReceivedContent | null {
  if (message != null) return readContent(message);
  return 'isViewOnce' in key && key.isViewOnce ? VIEW_ONCE_ELSEWHERE : null;
}

function digitsOf(kind: 'phone' | 'lid', jids: readonly ParsedJid[]): string | null {
  return jids.flatMap((jid) => (jid.kind === kind ? [jid.digits] : []))[0] ?? null;
}

/** The source is what the sender's phone would have to be asked with: the message's key and file. */
function toIncomingFile({ key }: WAMessage, file: ReceivedFile): IncomingFile {
  const { mimetype, fileName, bytes } = file;
  const { remoteJid, participant, id } = key;
  const source = proto.WebMessageInfo.encode({
    key: {
      id: id ?? null,
      remoteJid: remoteJid ?? null,
      participant: participant ?? null,
      fromMe: false,
    },
    message: file.message,
  });
  return { source: Buffer.from(source.finish()), mimetype, fileName, bytes };
}
