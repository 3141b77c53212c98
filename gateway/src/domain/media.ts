import type { MediaId } from './ids.ts';

/** How WhatsApp shows a file. A voice note is audio that was recorded; a sticker is a webp image. */
export const MEDIA_KINDS = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;

export type MediaKind = (typeof MEDIA_KINDS)[number];

/** The documented limit of a file. */
export const MEDIA_BYTES_MAX = 100 * 1024 * 1024;

/** A file in the spool, ready to be sent. */
export interface MediaFile {
  readonly mediaId: MediaId;
  /** The file's name in the spool. */
  readonly spoolName: string;
  readonly kind: MediaKind;
  readonly mimetype: string;
  /** What the recipient sees it called; documents always have one. */
  readonly fileName: string;
  readonly bytes: number;
}
