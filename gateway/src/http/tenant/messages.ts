import type { FastifyInstance } from 'fastify';
import { MessageStanding, messageStanding } from '../answers/message-details.ts';
import type { Edge } from '../edge.ts';
import { messageOf, namedMessage, type MessageInPath } from './message-in-path.ts';

/** `messages`: everything about one message. */
export function addMessages(app: FastifyInstance, edge: Edge): void {
  app.route<MessageInPath>({
    method: ['GET', 'POST'],
    url: '/messages/:apiKey/:messageId',
    config: { errorFamily: 'success' },
    schema: { response: { 200: MessageStanding } },
    async handler({ params }) {
      const { service, id } = await namedMessage(edge, params);
      return messageStanding(await messageOf(edge, service, id));
    },
  });
}
