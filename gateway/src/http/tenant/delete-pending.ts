import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { cancelWaitingMessages } from '../../storage/messages/cancel-waiting-messages.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import type { KeyInPath } from './key-in-path.ts';

const DELETED = 'All eligible pending messages have been deleted successfully.';

const Deleted = Type.Object({
  success: Type.Literal('true'),
  deleted: Type.Integer(),
  message: Type.Literal(DELETED),
});

/** `deletePending`: cancels what waits; scheduled messages and what the sender has taken stay. */
export function addDeletePending(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/deletePending/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: Deleted } },
    async handler(request): Promise<Static<typeof Deleted>> {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      const deleted = await cancelWaitingMessages(edge.database, service.id);
      return { success: 'true', deleted, message: DELETED };
    },
  });
}
