import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { SendOptions } from '../../domain/accept-messages.ts';
import { Problem } from '../../domain/errors.ts';
import { parseExpiry } from '../../domain/expiry.ts';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { NamedCall } from '../../domain/named-call.ts';
import { resendMessage } from '../../storage/messages/resend-message.ts';
import type { MessageDetails } from '../../storage/messages/find-message-details.ts';
import type { Service } from '../../storage/services/service.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import { MessageStanding, messageStanding } from '../answers/message-details.ts';
import type { Edge } from '../edge.ts';
import { readIdempotencyKey } from '../parameters/idempotency-key.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { messageOf, namedMessage, type MessageInPath } from './message-in-path.ts';
import { readSendOptions } from './send-options.ts';

type Expiry = SendOptions['expiry'];

/** `messages/.../resend`: what failed or expired goes once more, as the same message. */
export function addResendMessage(app: FastifyInstance, edge: Edge): void {
  app.route<MessageInPath>({
    method: ['GET', 'POST'],
    url: '/messages/:apiKey/:messageId/resend',
    config: { errorFamily: 'success' },
    schema: { response: { 200: MessageStanding } },
    async handler(request, reply) {
      refuseAutomaticRequest(request.headers);
      const { service, id } = await namedMessage(edge, request.params);
      const parameters = await readParameters(request);
      const { expiry } = readSendOptions(parameters);
      const key = readIdempotencyKey(request, parameters);
      const name = key === null ? null : nameOfResend(service.id, key, id, expiry);
      const isReplay = !(await resendOnce(edge, service, id, expiry, name));
      if (isReplay) void reply.header('idempotent-replayed', 'true');
      return messageStanding(await messageOf(edge, service, id));
    },
  });
}

/**
 * @returns false when an earlier call of this name did it
 * @throws Problem when it can not be sent again, or the name means something else
 */
async function resendOnce(
  edge: Edge,
  service: Service,
  id: MessageId,
  expiry: Expiry,
  name: NamedCall | null,
): Promise<boolean> {
  const wasDone = async (): Promise<boolean> =>
    name !== null && (await edge.intake.recall(name)) !== null;
  if (await wasDone()) return false;
  const expiresAtMs = parseExpiry(expiry, null, edge.clock.now());
  const outcome = await resendMessage(edge.database.pool, service.id, id, expiresAtMs, name);
  switch (outcome) {
    case 'queued':
      edge.queueChanged(service.id);
      return true;
    case 'fetching':
      edge.media.linksWait();
      return true;
    case 'file_gone':
      throw new Problem('media_removed');
    case 'not_ended':
    case 'named_before':
      // The same call may have come a second time before the first was done.
      if (await wasDone()) return false;
      throw notEnded(await messageOf(edge, service, id));
  }
}

function nameOfResend(
  serviceId: ServiceId,
  key: string,
  id: MessageId,
  { expiresAt, validity }: Expiry,
): NamedCall {
  const asked = ['resend', id, expiresAt ?? '', validity ?? ''];
  const fingerprint = createHash('sha256').update(JSON.stringify(asked)).digest();
  return { serviceId, key, fingerprint };
}

function notEnded({ state }: MessageDetails): Problem {
  switch (state) {
    case 'sending':
      return new Problem('message_not_failed', 'The message is already being sent.');
    case 'accepted':
    case 'fetching':
    case 'ready':
    case 'held':
      return new Problem('message_not_failed', 'The message waits to be sent.');
    case 'server':
    case 'phone':
    case 'read':
      return new Problem('message_not_failed', 'The message was sent.');
    case 'failed':
    case 'expired':
    case 'cancelled':
      return new Problem('message_not_failed');
  }
}
