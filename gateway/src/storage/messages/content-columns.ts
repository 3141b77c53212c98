import type { MediaId } from '../../domain/ids.ts';
import type { MediaKind } from '../../domain/media.ts';
import type { DueContent } from '../../domain/message.ts';

/** What a message `m` says, with its file, for every query that answers a DueContent. */
export const CONTENT_COLUMNS = `
  m.text, m.latitude, m.longitude, media.id AS media_id, media.spool_name, media.kind,
  media.mimetype, media.file_name, media.bytes`;

/** Completes a query whose messages are called `m`. */
export const JOIN_MEDIA = `
  LEFT JOIN media ON media.service_id = m.service_id AND media.id = m.media_id`;

/** A row of CONTENT_COLUMNS; the file's columns are null where there is no file. */
export interface ContentRow {
  text: string;
  latitude: number | null;
  longitude: number | null;
  media_id: MediaId | null;
  spool_name: string;
  kind: MediaKind;
  mimetype: string;
  file_name: string;
  bytes: number;
}

export function contentOf(row: ContentRow): DueContent {
  const { text, latitude, longitude, media_id: mediaId } = row;
  if (mediaId !== null) {
    const { spool_name: spoolName, kind, mimetype, file_name: fileName, bytes } = row;
    return { kind: 'media', text, file: { mediaId, spoolName, kind, mimetype, fileName, bytes } };
  }
  if (latitude !== null && longitude !== null) {
    return { kind: 'location', text, latitude, longitude };
  }
  return { kind: 'text', text };
}
