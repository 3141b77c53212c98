import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import { MEDIA_BYTES_MAX } from '../../domain/media.ts';
import type { MediaIntake, Upload } from '../../media/media-intake.ts';
import { readBase64 } from './base64.ts';
import type { FileParts } from './multipart.ts';

/** What a multipart body may hold beside its file. */
const OTHER_PARTS_BYTES_MAX = 2 * 1024 * 1024;

/** The files that came with one request, in the spool. */
export class Uploads implements FileParts {
  readonly #intake: MediaIntake;
  /** What the request's length is announced to be, or 0. */
  readonly #announcedBytes: number;
  readonly #unused = new Set<Upload>();
  #file: Upload | null = null;
  #base64: Upload | null = null;

  constructor(request: FastifyRequest, intake: MediaIntake) {
    this.#announcedBytes = Number(request.headers['content-length'] ?? 0);
    this.#intake = intake;
  }

  /** The one that counts: a file before Base64. */
  get chosen(): Upload | null {
    return this.#file ?? this.#base64;
  }

  /** @throws Problem `invalid_parameter`, and as `MediaIntake.take` does */
  async takeFile(part: MultipartFile, name: string): Promise<void> {
    const bytes = await unlessEmpty(part.file);
    if (bytes === null) return;
    this.#judge(name);
    const file = await this.#intake.take(bytes);
    this.#file = { file, declaredType: part.mimetype, fileName: part.filename };
    this.#unused.add(this.#file);
  }

  /** @throws Problem `invalid_parameter`, and as `MediaIntake.take` does */
  async takeBase64(text: AsyncIterable<Buffer>): Promise<void> {
    const reader = readBase64(text);
    const bytes = await unlessEmpty(reader.bytes());
    if (bytes === null) return;
    if (this.#base64 !== null) {
      throw new Problem('invalid_parameter', 'The parameter "base64_file" takes one value.');
    }
    const file = await this.#intake.take(bytes);
    this.#base64 = { file, declaredType: reader.declaredType, fileName: '' };
    this.#unused.add(this.#base64);
  }

  /** The chosen one may be a kept message's file: it is not removed. */
  useChosen(): void {
    if (this.chosen !== null) this.#unused.delete(this.chosen);
  }

  /** Removes what nobody uses. */
  async discardUnused(): Promise<void> {
    for (const { file } of this.#unused) await this.#intake.discard(file);
    this.#unused.clear();
  }

  #judge(name: string): void {
    if (name !== 'file') {
      throw new Problem('invalid_parameter', 'A file is sent as the parameter "file".');
    }
    if (this.#file !== null) {
      throw new Problem('invalid_parameter', 'The parameter "file" takes one file.');
    }
    if (this.#announcedBytes > MEDIA_BYTES_MAX + OTHER_PARTS_BYTES_MAX) {
      throw new Problem('media_too_large');
    }
  }
}

/** The same bytes, or null when there are none: nothing is written to the spool for those. */
async function unlessEmpty(source: AsyncIterable<Buffer>): Promise<AsyncGenerator<Buffer> | null> {
  const bytes = withoutEmpty(source);
  const first = await bytes.next();
  return first.done === true ? null : startingWith(first.value, bytes);
}

async function* withoutEmpty(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of source) if (chunk.length > 0) yield chunk;
}

async function* startingWith(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
