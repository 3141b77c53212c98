import type { MediaId } from './ids.ts';

/** How WhatsApp shows a file. A voice note is audio that was recorded; a sticker is a webp image. */
export type MediaKind = 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker';

/**
 * How the download of a received file went: its length, or why there is none. `gone`: WhatsApp does
 * not keep it any more; `refused`: it is said to be at a place that is none of WhatsApp's.
 */
export type DownloadResult =
  | { readonly bytes: number }
  | {
      readonly failure:
        | 'gone'
        | 'unreachable'
        | 'damaged'
        | 'too_large'
        | 'refused'
        | 'storage_full';
    };

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
