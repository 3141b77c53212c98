import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { acceptCaption, acceptText } from '../../domain/accept-messages.ts';
import { Problem } from '../../domain/errors.ts';
import type { Content } from '../../domain/message.ts';
import type { NamedCall, QueuedCall } from '../../domain/named-call.ts';
import type { Upload } from '../../media/media-intake.ts';
import type { Service } from '../../storage/services/service.ts';
import type { Edge } from '../edge.ts';
import { LONG_PARAMETER } from '../parameters/long-value.ts';
import { single, type Parameters } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Uploads } from '../parameters/uploads.ts';
import { nameOfCall, type SendingCall } from './call-name.ts';
import { linkIn } from './link-parameter.ts';

type MediaContent = Extract<Content, { kind: 'media' }>;

/** Keeps the messages; a Problem it throws means that none was kept. */
type Queue = (
  parameters: Parameters,
  content: Content,
  name: NamedCall | null,
) => Promise<QueuedCall>;

/**
 * Reads a request that sends a text or a file, and hands its parameters and what it says to `queue`,
 * unless it is the repetition of a named call. The file is the first of `file`, `base64_file`,
 * `link` (once called `url`) that is not empty; `message` is its caption. Of a request that is
 * refused, or repeats one, nothing is left in the spool.
 * @throws Problem for what can not be read or sent
 */
export async function withSentContent(
  request: FastifyRequest,
  edge: Edge,
  service: Service,
  endpoint: SendingCall['endpoint'],
  queue: Queue,
): Promise<QueuedCall> {
  const uploads = new Uploads(request, edge.media);
  try {
    const parameters = await readParameters(request, uploads);
    await takeShortBase64(request, parameters, uploads);
    const call = { endpoint, parameters, upload: uploads.chosen };
    const name = await nameOfCall(request, edge, service, call);
    // Before anything is judged: time has gone on since the first call.
    const earlier = name === null ? null : await edge.intake.recall(name);
    if (earlier !== null) return earlier;
    const content = await keepContent(parameters, uploads.chosen, edge, service);
    if (content.kind !== 'media') return await queue(parameters, content, name);
    const queued = await queueWithFile(edge, service, uploads, content, () =>
      queue(parameters, content, name),
    );
    if (!content.isFetched) edge.media.linksWait();
    return queued;
  } finally {
    await uploads.discardUnused();
  }
}

/**
 * Of anything but a refusal it is not known whether messages were kept: then the file stays. A call
 * that turned out to repeat another has no use for it.
 */
async function queueWithFile(
  edge: Edge,
  service: Service,
  uploads: Uploads,
  { mediaId }: MediaContent,
  queue: () => Promise<QueuedCall>,
): Promise<QueuedCall> {
  try {
    const queued = await queue();
    if (queued.isReplay) await edge.media.forget(service.id, mediaId);
    else uploads.useChosen();
    return queued;
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
  if ((single(parameters, 'file') ?? '').trim() !== '') {
    throw new Problem(
      'invalid_parameter',
      'The parameter "file" must be a file part of a multipart body; use "link" for an address.',
    );
  }
  const link = linkIn(parameters);
  if (link === null) return acceptText(message);
  const text = acceptCaption(message);
  const mediaId = await edge.media.keepLink(service.id, link);
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
