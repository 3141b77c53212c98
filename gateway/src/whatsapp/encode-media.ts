import { randomBytes } from 'node:crypto';
import type { MediaFile } from '../domain/media.ts';
import { proto } from './baileys.ts';
import type { UploadedFile } from './files/upload-file.ts';
import type { FileDescription } from './media-shelf.ts';

const MESSAGE_SECRET_BYTES = 32;

/**
 * The message for an uploaded file, without caption: what is kept and used for every recipient.
 * @param uploadedAtMs milliseconds since 1970
 */
export function encodeUploaded(
  file: MediaFile,
  uploaded: UploadedFile,
  description: FileDescription,
  uploadedAtMs: number,
): proto.IMessage {
  const place = {
    ...uploaded,
    mediaKeyTimestamp: Math.floor(uploadedAtMs / 1000),
    mimetype: file.mimetype,
  };
  const { width, height, seconds, jpegThumbnail, waveform } = description;
  const size = {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
  const length = seconds === undefined ? {} : { seconds: Math.max(1, Math.round(seconds)) };
  const thumbnail = jpegThumbnail === undefined ? {} : { jpegThumbnail };
  switch (file.kind) {
    case 'image':
      return { imageMessage: { ...place, ...size, ...thumbnail } };
    case 'video':
      return { videoMessage: { ...place, ...size, ...length, ...thumbnail } };
    case 'audio':
      return { audioMessage: { ...place, ...length, ptt: false } };
    case 'voice':
      return {
        audioMessage: {
          ...place,
          ...length,
          ptt: true,
          ...(waveform === undefined ? {} : { waveform }),
        },
      };
    case 'sticker':
      return { stickerMessage: { ...place, ...size } };
    case 'document': {
      const { fileName } = file;
      return { documentMessage: { ...place, ...thumbnail, fileName, title: fileName } };
    }
  }
}

/**
 * The message as one recipient gets it. Audio and stickers have no place for a caption in WhatsApp.
 * @param kept what `encodeUploaded` made
 */
export function addCaption(kept: proto.IMessage, caption: string): proto.IMessage {
  const text = caption === '' ? {} : { caption };
  const { imageMessage, videoMessage, documentMessage } = kept;
  return {
    ...kept,
    ...(imageMessage ? { imageMessage: { ...imageMessage, ...text } } : {}),
    ...(videoMessage ? { videoMessage: { ...videoMessage, ...text } } : {}),
    ...(documentMessage ? { documentMessage: { ...documentMessage, ...text } } : {}),
    messageContextInfo: { messageSecret: randomBytes(MESSAGE_SECRET_BYTES) },
  };
}

/** When the file of a kept message was uploaded, milliseconds since 1970. */
export function uploadedAtMs({
  imageMessage,
  videoMessage,
  audioMessage,
  documentMessage,
  stickerMessage,
}: proto.IMessage): number {
  const file = imageMessage ?? videoMessage ?? audioMessage ?? documentMessage ?? stickerMessage;
  return Number(file?.mediaKeyTimestamp ?? 0) * 1000;
}
