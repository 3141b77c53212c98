import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { listReceived, type ReceivedRow } from '../../storage/received/list-received.ts';
import { listDate } from '../answers/dates.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import type { KeyInPath } from './key-in-path.ts';
import { describePage, pageOf, readPageRequest } from './page.ts';

const ReceivedMessageRow = Type.Object({
  id: Type.String(),
  type: Type.String({ examples: ['chat'] }),
  from: Type.String({
    description: 'The number, or the hidden id where WhatsApp tells only that.',
  }),
  to: Type.String(),
  date: Type.String({ examples: ['2024/05/01 13:43:53'] }),
  message: Type.String(),
});

/** `receivedMessages`: what was sent to the service's number, newest first. */
export function addReceivedMessages(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/receivedMessages/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: pageOf(ReceivedMessageRow) } },
    async handler(request) {
      const service = await edge.services.findUsable(request.params.apiKey);
      const page = readPageRequest(await readParameters(request));
      const found = await listReceived(edge.database, service.id, page);
      return describePage(page, found, describe);
    },
  });
}

function describe(row: ReceivedRow): Static<typeof ReceivedMessageRow> {
  return {
    id: String(row.id),
    type: row.type,
    from: row.fromPhone ?? row.fromLid ?? '',
    to: row.toPhone,
    date: listDate(row.sentAt),
    message: row.text,
  };
}
