import type { MultipartFile } from '@fastify/multipart';
import { Problem } from '../../domain/errors.ts';
import { single, type Parameters } from './parameters.ts';

/**
 * What becomes of a file part for now: an empty one is what forms send when no file was chosen, any
 * other is refused. The media spool takes this place.
 * @throws Problem `media_not_supported`
 */
export async function refuseFile(part: MultipartFile): Promise<void> {
  for await (const chunk of part.file) {
    if ((chunk as Buffer).length > 0) throw new Problem('media_not_supported');
  }
}

/** The documented ways to give media without a file part; `url` is an older name of `link`. */
const MEDIA_PARAMETERS = ['base64_file', 'file', 'link', 'url'];

/**
 * Refuses media given by parameter. The choice between them takes this place.
 * @throws Problem `media_not_supported`
 */
export function refuseMediaParameters(parameters: Parameters): void {
  for (const name of MEDIA_PARAMETERS) {
    if (!parameters.has(name)) continue;
    if ((single(parameters, name) ?? '').trim() !== '') throw new Problem('media_not_supported');
  }
}
