import type { FileParts } from './multipart.ts';
import { Problem } from '../../domain/errors.ts';

/**
 * What becomes of files where none is wanted: an empty one is what forms send when no file was
 * chosen, any other is refused.
 */
export const REFUSE_FILES: FileParts = {
  takeFile: (part) => refuse(part.file),
  takeBase64: refuse,
};

async function refuse(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of bytes) {
    if (chunk.length > 0) {
      throw new Problem('media_not_supported');
    }
  }
}
