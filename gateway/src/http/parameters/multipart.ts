import type { FastifyRequest } from 'fastify';
import type { MultipartFile } from '@fastify/multipart';
import { Problem } from '../../domain/errors.ts';
import type { ParameterCollector } from './parameter-collector.ts';

/** Enough for 1,000 recipients and everything documented beside them. */
const PARTS_MAX = 1100;
const FILES_MAX = 1;
const FIELD_BYTES_MAX = 1024 * 1024;
const FIELD_NAME_BYTES_MAX = 200;

/**
 * Reads a multipart body part by part: texts into the collector, files to whoever takes them.
 * @param takeFile must read the part's stream to its end, or throw
 * @throws Problem `body_too_large`, `malformed_body` and what `takeFile` throws
 */
export async function readMultipart(
  request: FastifyRequest,
  collector: ParameterCollector,
  takeFile: (part: MultipartFile) => Promise<void>,
): Promise<void> {
  const parts = request.parts({
    limits: {
      parts: PARTS_MAX,
      files: FILES_MAX,
      fields: PARTS_MAX,
      fieldSize: FIELD_BYTES_MAX,
      fieldNameSize: FIELD_NAME_BYTES_MAX,
    },
  });
  for await (const part of parts) {
    if (part.type === 'file') {
      await takeFile(part);
    } else {
      if (part.valueTruncated || part.fieldnameTruncated) throw new Problem('body_too_large');
      collector.add(part.fieldname, String(part.value));
    }
  }
}
