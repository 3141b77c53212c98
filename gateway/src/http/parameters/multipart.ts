import type { FastifyRequest } from 'fastify';
import type { MultipartFile } from '@fastify/multipart';
import { Problem } from '../../domain/errors.ts';
import { MEDIA_BYTES_MAX } from '../../domain/media.ts';
import { LONG_PARAMETER } from './long-value.ts';
import { plainName, type ParameterCollector } from './parameter-collector.ts';

/** Enough for 1,000 recipients and everything documented beside them. */
const PARTS_MAX = 1100;
/** One that counts; forms send an empty one along, and Base64 comes as a part of its own. */
const FILES_MAX = 4;
const FIELD_BYTES_MAX = 1024 * 1024;
const FIELD_NAME_BYTES_MAX = 200;
/** Room for Base64, also when it is broken into short lines; the file in it is measured later. */
const FILE_PART_BYTES_MAX = MEDIA_BYTES_MAX * 2;

/** What becomes of the parts that are no short texts. Each must be read to its end, or throw. */
export interface FileParts {
  takeFile(part: MultipartFile, name: string): Promise<void>;
  takeBase64(text: AsyncIterable<Buffer>): Promise<void>;
}

/**
 * Reads a multipart body part by part: texts into the collector, files to whoever takes them.
 * @throws Problem `body_too_large`, `media_too_large`, `malformed_body` and what `files` throws
 */
export async function readMultipart(
  request: FastifyRequest,
  collector: ParameterCollector,
  files: FileParts,
): Promise<void> {
  const parts = request.parts({
    limits: {
      parts: PARTS_MAX,
      files: FILES_MAX,
      fields: PARTS_MAX,
      fileSize: FILE_PART_BYTES_MAX,
      fieldSize: FIELD_BYTES_MAX,
      fieldNameSize: FIELD_NAME_BYTES_MAX,
    },
    isPartAFile,
  });
  for await (const part of parts) {
    if (part.type === 'file') {
      const name = plainName(part.fieldname);
      if (name === LONG_PARAMETER) await files.takeBase64(part.file);
      else await files.takeFile(part, name);
      if (part.file.truncated) throw new Problem('media_too_large');
    } else {
      if (part.valueTruncated || part.fieldnameTruncated) throw new Problem('body_too_large');
      collector.add(part.fieldname, String(part.value));
    }
  }
}

/** Base64 is streamed like a file: as a text it would be held in memory whole. */
function isPartAFile(
  fieldName: string | undefined,
  contentType: string | undefined,
  fileName: string | undefined,
): boolean {
  if (fieldName !== undefined && plainName(fieldName) === LONG_PARAMETER) return true;
  return contentType === 'application/octet-stream' || fileName !== undefined;
}
