import { mediaId, type MediaId, type ServiceId } from '../../domain/ids.ts';
import type { MediaFile } from '../../domain/media.ts';
import type { Database } from '../database.ts';

/** A file as the spool and the recipient know it, before it has an id. */
export type NewMediaFile = Omit<MediaFile, 'mediaId'>;

/** Keeps a file that is in the spool. @returns its id */
export async function insertUploadedMedia(
  database: Database,
  serviceId: ServiceId,
  file: NewMediaFile,
): Promise<MediaId> {
  const row = await database.query
    .insertInto('media')
    .values({
      service_id: serviceId,
      state: 'ready',
      spool_name: file.spoolName,
      kind: file.kind,
      mimetype: file.mimetype,
      file_name: file.fileName,
      bytes: file.bytes,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return mediaId(row.id);
}

/**
 * Keeps a link whose file is fetched once a message waits for it.
 * @returns the file's id
 */
export async function insertLinkedMedia(
  database: Database,
  serviceId: ServiceId,
  link: string,
): Promise<MediaId> {
  const row = await database.query
    .insertInto('media')
    .values({ service_id: serviceId, state: 'fetching', link })
    .returning('id')
    .executeTakeFirstOrThrow();
  return mediaId(row.id);
}

/** Forgets a file that no message came to use. */
export async function deleteUnusedMedia(
  database: Database,
  serviceId: ServiceId,
  id: MediaId,
): Promise<void> {
  await database.query
    .deleteFrom('media')
    .where('service_id', '=', serviceId)
    .where('id', '=', id)
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('messages')
            .select('messages.id')
            .whereRef('messages.service_id', '=', 'media.service_id')
            .whereRef('messages.media_id', '=', 'media.id'),
        ),
      ),
    )
    .execute();
}
