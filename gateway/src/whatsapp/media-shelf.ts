import type { MediaId, ServiceId } from '../domain/ids.ts';
import type { MediaFile } from '../domain/media.ts';

/** What was found out about a file; whatever could not be found out is absent. */
export interface FileDescription {
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly seconds?: number;
  readonly jpegThumbnail?: Buffer;
  /** 64 loudness values from 0 to 100, for a voice note. */
  readonly waveform?: Buffer;
}

/** The port to the files that wait to be sent. */
export interface MediaShelf {
  /** Where the file is on this machine; it is brought here first where needed and possible. */
  pathOf(file: MediaFile): Promise<string>;
  describe(file: MediaFile): Promise<FileDescription>;
  /** What `keepUploaded` kept for this file, or null. */
  findUploaded(serviceId: ServiceId, mediaId: MediaId): Promise<Buffer | null>;
  /** Keeps where and under which key WhatsApp has the file, so that it is uploaded once. */
  keepUploaded(serviceId: ServiceId, mediaId: MediaId, bytes: Buffer): Promise<void>;
}
