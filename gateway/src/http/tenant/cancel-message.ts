import type { FastifyInstance } from 'fastify';
import { cancelMessage } from '../../storage/messages/cancel-message.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import { MessageStanding, messageStanding } from '../answers/message-details.ts';
import type { Edge } from '../edge.ts';
import { messageOf, namedMessage, notWaiting, type MessageInPath } from './message-in-path.ts';

/** `messages/.../cancel`: one message, scheduled or not, unless the sender has taken it. */
export function addCancelMessage(app: FastifyInstance, edge: Edge): void {
  app.route<MessageInPath>({
    method: ['GET', 'POST'],
    url: '/messages/:apiKey/:messageId/cancel',
    config: { errorFamily: 'success' },
    schema: { response: { 200: MessageStanding } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const { service, id } = await namedMessage(edge, request.params);
      const isCancelled = await cancelMessage(edge.database, service.id, id);
      const message = await messageOf(edge, service, id);
      // Whoever asks again, because no answer came, wants to hear that it is done.
      if (!isCancelled && message.state !== 'cancelled') throw notWaiting(message);
      return messageStanding(message);
    },
  });
}
