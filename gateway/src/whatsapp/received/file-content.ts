import type { proto } from '../baileys.ts';
import type { ContentReader, ReceivedContent } from './received-content.ts';

/** Files: pictures, films, sound, voice notes, documents, stickers. */
export const readFile: ContentReader = (content) => {
  const { imageMessage, videoMessage, ptvMessage, audioMessage, documentMessage, stickerMessage } =
    content;
  const video = videoMessage ?? ptvMessage;
  if (imageMessage) return file({ imageMessage }, imageMessage, 'image/jpeg');
  if (video) return file({ videoMessage: video }, video, 'video/mp4');
  if (audioMessage) return file({ audioMessage }, audioMessage, 'audio/ogg; codecs=opus');
  if (documentMessage) {
    return file({ documentMessage }, documentMessage, 'application/octet-stream');
  }
  if (stickerMessage) return file({ stickerMessage }, stickerMessage, 'image/webp');
  return null;
};

interface FileFields {
  readonly mimetype?: string | null;
  readonly fileLength?: proto.Message.IImageMessage['fileLength'];
  readonly caption?: string | null;
  readonly fileName?: string | null;
  readonly title?: string | null;
}

function file(message: proto.IMessage, fields: FileFields, usualType: string): ReceivedContent {
  return {
    type: 'file',
    text: fields.caption ?? '',
    file: {
      message,
      mimetype: fields.mimetype || usualType,
      fileName: fields.fileName || fields.title || '',
      bytes: Number(fields.fileLength ?? 0),
    },
  };
}
