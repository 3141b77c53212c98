import type { FastifyInstance } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import { parseExpiry } from '../../domain/expiry.ts';
import { resendMessage } from '../../storage/messages/resend-message.ts';
import type { MessageDetails } from '../../storage/messages/find-message-details.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import { MessageStanding, messageStanding } from '../answers/message-details.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { messageOf, namedMessage, type MessageInPath } from './message-in-path.ts';
import { readSendOptions } from './send-options.ts';

/** `messages/.../resend`: what failed or expired goes once more, as the same message. */
export function addResendMessage(app: FastifyInstance, edge: Edge): void {
  app.route<MessageInPath>({
    method: ['GET', 'POST'],
    url: '/messages/:apiKey/:messageId/resend',
    config: { errorFamily: 'success' },
    schema: { response: { 200: MessageStanding } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const { service, id } = await namedMessage(edge, request.params);
      const { expiry } = readSendOptions(await readParameters(request));
      const expiresAtMs = parseExpiry(expiry, null, edge.clock.now());
      const outcome = await resendMessage(edge.database.pool, service.id, id, expiresAtMs);
      if (outcome === 'queued') edge.queueChanged(service.id);
      if (outcome === 'fetching') edge.media.linksWait();
      const message = await messageOf(edge, service, id);
      if (outcome === 'not_ended') throw notEnded(message);
      if (outcome === 'file_gone') throw new Problem('media_removed');
      return messageStanding(message);
    },
  });
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
