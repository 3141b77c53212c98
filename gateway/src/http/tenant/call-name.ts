import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { withLatinDigits } from '../../domain/digits.ts';
import type { NamedCall } from '../../domain/named-call.ts';
import { digitsOf } from '../../domain/phone-number.ts';
import type { Upload } from '../../media/media-intake.ts';
import type { Service } from '../../storage/services/service.ts';
import type { Edge } from '../edge.ts';
import { readIdempotencyKey } from '../parameters/idempotency-key.ts';
import { several, single, type Parameters } from '../parameters/parameters.ts';
import { linkIn } from './link-parameter.ts';
import { readSendOptions } from './send-options.ts';

/** A call to send, before anything of it is judged. */
export interface SendingCall {
  readonly endpoint: 'sendMsg' | 'sendGroup' | 'sendLocation';
  readonly parameters: Parameters;
  /** The file that came with it. */
  readonly upload: Upload | null;
}

/**
 * The name a caller gave its call, with a fingerprint of what it asks for; null without a name, and
 * then nothing is computed.
 *
 * The fingerprint holds what decides the messages: whom, what, when. It is taken from what was
 * written, not from what became of it: a repetition is the same call after the clock went on and
 * the service's settings changed. How it was sent makes no difference: by GET, form or JSON, a file
 * as a part or as Base64, a list or several times the same name.
 */
export async function nameOfCall(
  request: FastifyRequest,
  edge: Edge,
  service: Service,
  call: SendingCall,
): Promise<NamedCall | null> {
  const key = readIdempotencyKey(request, call.parameters);
  if (key === null) return null;
  const file = call.upload === null ? null : await edge.media.digest(call.upload.file);
  const hash = createHash('sha256').update(JSON.stringify([file, ...whatIsAskedFor(call)]));
  return { serviceId: service.id, key, fingerprint: hash.digest() };
}

function whatIsAskedFor({ endpoint, parameters, upload }: SendingCall): unknown[] {
  const { expiry, ...options } = readSendOptions(parameters);
  const times = [options.schedule, expiry.expiresAt, expiry.validity];
  return [
    endpoint,
    endpoint === 'sendGroup'
      ? several(parameters, 'groupId').values.map((written) => written.trim())
      : several(parameters, 'phonenumber').values.map(digitsOf),
    single(parameters, 'message') ?? '',
    upload === null ? linkIn(parameters) : null,
    endpoint === 'sendLocation'
      ? [single(parameters, 'lat'), single(parameters, 'long')].map(plain)
      : null,
    times.map(plain),
    options.isUrgent,
    options.metadata ?? '',
  ];
}

function plain(written: string | undefined): string {
  return withLatinDigits(written ?? '').trim();
}
