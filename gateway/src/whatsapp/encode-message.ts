import { randomBytes } from 'node:crypto';
import type { DueContent } from '../domain/message.ts';
import { proto } from './baileys.ts';

const MESSAGE_SECRET_BYTES = 32;

/**
 * The content of a text or a location as WhatsApp Web sends it. Links in a text are never fetched
 * for a preview: the text comes from strangers.
 */
export function encodeContent(content: Exclude<DueContent, { kind: 'media' }>): proto.IMessage {
  const messageContextInfo = { messageSecret: randomBytes(MESSAGE_SECRET_BYTES) };
  switch (content.kind) {
    case 'text':
      return { extendedTextMessage: { text: content.text }, messageContextInfo };
    case 'location': {
      const { latitude, longitude, text } = content;
      return {
        locationMessage: {
          degreesLatitude: latitude,
          degreesLongitude: longitude,
          ...(text === '' ? {} : { name: text }),
        },
        messageContextInfo,
      };
    }
  }
}
