import { randomBytes } from 'node:crypto';
import type { DueMessage } from '../domain/message.ts';
import { proto } from './baileys.ts';

const MESSAGE_SECRET_BYTES = 32;

/**
 * The content of a text message as WhatsApp Web sends it. Links in the text are never fetched for
 * a preview: the text comes from strangers.
 */
export function encodeText(message: Pick<DueMessage, 'text'>): proto.IMessage {
  return {
    extendedTextMessage: { text: message.text },
    messageContextInfo: { messageSecret: randomBytes(MESSAGE_SECRET_BYTES) },
  };
}
