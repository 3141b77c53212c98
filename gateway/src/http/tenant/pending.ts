import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { listMessages } from '../../storage/messages/list-messages.ts';
import { MessageRow, messageRow } from '../answers/message-row.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import type { KeyInPath } from './key-in-path.ts';
import { describePage, pageOf, readPageRequest } from './page.ts';

const NothingPending = Type.Object({
  status: Type.Literal('true'),
  message: Type.Literal('No Pending Message'),
});
const Pending = Type.Composite([Type.Object({ status: Type.Literal('true') }), pageOf(MessageRow)]);

/** `pending`: what waits to be sent, scheduled messages included. */
export function addPending(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/pending/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Type.Union([NothingPending, Pending]) } },
    async handler(request) {
      const service = await edge.services.findUsable(request.params.apiKey);
      const page = readPageRequest(await readParameters(request));
      const found = await listMessages(edge.database, service.id, page, true);
      if (found.count === 0) return { status: 'true', message: 'No Pending Message' };
      return { status: 'true', ...describePage(page, found, messageRow) };
    },
  });
}
