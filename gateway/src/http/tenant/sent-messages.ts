import type { FastifyInstance } from 'fastify';
import { listMessages } from '../../storage/messages/list-messages.ts';
import { MessageRow, messageRow } from '../answers/message-row.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import type { KeyInPath } from './key-in-path.ts';
import { describePage, pageOf, readPageRequest } from './page.ts';

/** `sentMessages`: what the service was asked to send, newest first. */
export function addSentMessages(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/sentMessages/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: pageOf(MessageRow) } },
    async handler(request) {
      const service = await edge.services.findUsable(request.params.apiKey);
      const page = readPageRequest(await readParameters(request));
      const found = await listMessages(edge.database, service.id, page);
      return describePage(page, found, messageRow);
    },
  });
}
