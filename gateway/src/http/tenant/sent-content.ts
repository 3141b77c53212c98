import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { acceptCaption, acceptText } from '../../domain/accept-messages.ts';
import { Problem } from '../../domain/errors.ts';
import type { Content } from '../../domain/message.ts';
import type { Upload } from '../../media/media-intake.ts';
import type { Service } from '../../storage/services/service.ts';
import type { Edge } from '../edge.ts';
import { LONG_PARAMETER } from '../parameters/long-value.ts';
import { single, type Parameters } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Uploads } from '../parameters/uploads.ts';

type MediaContent = Extract<Content, { kind: 'media' }>;

/**
 * Reads a request that sends a text or a file, and hands its parameters and what it says to `queue`.
 * The file is the first of `file`, `base64_file`, `link` (once called `url`) that is not empty;
 * `message` is its caption. When the request is refused, nothing of it is left in the spool.
 * @param queue keeps the messages; a Problem it throws means that none was kept
 * @throws Problem for what can not be read or sent
 */
export async function withSentContent<Answer>(
  request: FastifyRequest,
  edge: Edge,
  service: Service,
  queue: (parameters: Parameters, content: Content) => Promise<Answer>,
): Promise<Answer> {
  const uploads = new Uploads(request, edge.media);
  try {
    const parameters = await readParameters(request, uploads);
    await takeShortBase64(request, parameters, uploads);
    const content = await keepContent(parameters, uploads.chosen, edge, service);
    if (content.kind !== 'media') return await queue(parameters, content);
    const answer = await queueWithFile(edge, service, uploads, content, () =>
      queue(parameters, content),
    );
    if (!content.isFetched) edge.media.linksWait();
    return answer;
  } finally {
    await uploads.discardUnused();
  }
}

/** Of anything but a refusal it is not known whether messages were kept: then the file stays. */
async function queueWithFile<Answer>(
  edge: Edge,
  service: Service,
  uploads: Uploads,
  { mediaId }: MediaContent,
  queue: () => Promise<Answer>,
): Promise<Answer> {
  try {
    const answer = await queue();
    uploads.useChosen();
    return answer;
  } catch (error) {
    if (error instanceof Problem) await edge.media.forget(service.id, mediaId);
    else uploads.useChosen();
    throw error;
  }
}

async function keepContent(
  parameters: Parameters,
  upload: Upload | null,
  edge: Edge,
  service: Service,
): Promise<Content> {
  const message = single(parameters, 'message');
  if (upload !== null) {
    const text = acceptCaption(message);
    const mediaId = await edge.media.keepUpload(service.id, upload);
    return { kind: 'media', text, mediaId, isFetched: true };
  }
  if (isGiven(parameters, 'file')) {
    throw new Problem(
      'invalid_parameter',
      'The parameter "file" must be a file part of a multipart body; use "link" for an address.',
    );
  }
  const link = ['link', 'url'].find((name) => isGiven(parameters, name));
  if (link === undefined) return acceptText(message);
  const text = acceptCaption(message);
  const mediaId = await edge.media.keepLink(service.id, single(parameters, link) ?? '');
  return { kind: 'media', text, mediaId, isFetched: false };
}

/** Base64 that came in a short body or an address is a parameter like any other until here. */
async function takeShortBase64(
  request: FastifyRequest,
  parameters: Parameters,
  uploads: Uploads,
): Promise<void> {
  const written = single(parameters, LONG_PARAMETER) ?? '';
  if (written.trim() === '') return;
  // Where a plus stands for a space, clients that forget to escape it meant the plus.
  const text = isFormEncoded(request) ? written.replaceAll(' ', '+') : written;
  await uploads.takeBase64(Readable.from([Buffer.from(text)]));
}

function isFormEncoded({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' || (headers['content-type'] ?? '').includes('urlencoded');
}

function isGiven(parameters: Parameters, name: string): boolean {
  return (single(parameters, name) ?? '').trim() !== '';
}
