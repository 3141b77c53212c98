import { normalizeMessageContent } from 'baileys';
import type { proto } from 'baileys';

import type { MediaKind, SealedFile } from '../media/media-file.ts';

/** A file in a message. Size and digest are null if the phone could not open it. */
interface ShownMedia {
  readonly mimetype: string | null;
  readonly fileName: string | null;
  readonly bytes: number | null;
  /** Hexadecimal SHA-256 of the plain file. */
  readonly sha256: string | null;
}

/** What a phone makes of a decrypted message. */
export interface ShownContent {
  readonly kind: string;
  readonly text: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly media: ShownMedia | null;
}

/** The same, with what the phone needs to open the file when its owner looks. */
export interface ReceivedContent extends ShownContent {
  readonly sealed?: SealedFile;
}

type Media =
  | proto.Message.IImageMessage
  | proto.Message.IVideoMessage
  | proto.Message.IAudioMessage
  | proto.Message.IDocumentMessage
  | proto.Message.IStickerMessage;

/** Undefined for what a phone does not show: protocol messages, keys, empty messages. */
export function describeContent(message: proto.IMessage): ReceivedContent | undefined {
  const content = normalizeMessageContent(message);
  if (!content) return undefined;
  return describeText(content) ?? describeMedia(content) ?? describeOther(content);
}

function describeText(content: proto.IMessage): ReceivedContent | undefined {
  const text = content.conversation || content.extendedTextMessage?.text;
  return text ? shown('text', { text }) : undefined;
}

function describeMedia(content: proto.IMessage): ReceivedContent | undefined {
  const kinds: Array<[MediaKind, Media | null | undefined, string | null | undefined]> = [
    ['image', content.imageMessage, content.imageMessage?.caption],
    ['video', content.videoMessage, content.videoMessage?.caption],
    ['audio', content.audioMessage, null],
    ['document', content.documentMessage, content.documentMessage?.caption],
    ['sticker', content.stickerMessage, null],
  ];
  for (const [kind, media, caption] of kinds) {
    if (media) {
      const content = shown(kind, { text: caption ?? null, media: describeFile(media) });
      return { ...content, ...sealedFile(kind, media) };
    }
  }
  return undefined;
}

function describeFile(media: Media): ShownMedia {
  return {
    mimetype: media.mimetype ?? null,
    fileName: ('fileName' in media ? media.fileName : null) ?? null,
    bytes: media.fileLength ? Number(media.fileLength) : null,
    sha256: media.fileSha256?.length ? Buffer.from(media.fileSha256).toString('hex') : null,
  };
}

function sealedFile(kind: MediaKind, media: Media): { sealed?: SealedFile } {
  const name = media.directPath?.split('?')[0]?.split('/').at(-1);
  if (!name || !media.mediaKey?.length) return {};
  return { sealed: { name, mediaKey: Buffer.from(media.mediaKey).toString('base64'), kind } };
}

function describeOther(content: proto.IMessage): ReceivedContent | undefined {
  const location = content.locationMessage ?? content.liveLocationMessage;
  if (location) {
    return shown('location', {
      text: ('name' in location ? location.name : null) || null,
      latitude: location.degreesLatitude ?? null,
      longitude: location.degreesLongitude ?? null,
    });
  }
  if (content.contactMessage) {
    return shown('contact', { text: content.contactMessage.displayName ?? null });
  }
  if (content.reactionMessage) {
    return shown('reaction', { text: content.reactionMessage.text ?? null });
  }
  const poll = content.pollCreationMessage ?? content.pollCreationMessageV3;
  if (poll) return shown('poll', { text: poll.name ?? null });
  const edited = content.protocolMessage?.editedMessage;
  if (edited) return shown('edit', { text: describeContent(edited)?.text ?? null });
  return undefined;
}

function shown(kind: string, told: Partial<Omit<ShownContent, 'kind'>>): ShownContent {
  return { kind, text: null, latitude: null, longitude: null, media: null, ...told };
}
