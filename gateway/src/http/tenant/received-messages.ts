import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import type { ServiceId } from '../../domain/ids.ts';
import { listReceived, type ReceivedRow } from '../../storage/received/list-received.ts';
import { listDate } from '../answers/dates.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import type { KeyInPath } from './key-in-path.ts';
import { describePage, pageOf, readPageRequest } from './page.ts';

const ReceivedMessageRow = Type.Object({
  id: Type.String(),
  type: Type.String({ examples: ['chat', 'file', 'location'] }),
  from: Type.String({
    description: 'The number, or the hidden id where WhatsApp tells only that.',
  }),
  to: Type.String(),
  date: Type.String({ examples: ['2024/05/01 13:43:53'] }),
  message: Type.String(),
  mediaUrl: Type.Optional(
    Type.String({
      description:
        'Of a file: where to fetch it, for seven days. 503 with Retry-After until it is here.',
    }),
  ),
  caption: Type.Optional(Type.String({ description: 'Of a file: its caption, may be empty.' })),
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
      return describePage(page, found, (row) => describe(edge, service.id, row, request));
    },
  });
}

function describe(
  edge: Edge,
  serviceId: ServiceId,
  row: ReceivedRow,
  request: FastifyRequest,
): Static<typeof ReceivedMessageRow> {
  const { id, type, fromPhone, fromLid, toPhone, sentAt, text, fileName, mimetype } = row;
  const said = {
    id: String(id),
    type,
    from: fromPhone ?? fromLid ?? '',
    to: toPhone,
    date: listDate(sentAt),
    message: text,
  };
  if (fileName === null || mimetype === null) return said;
  const file = { serviceId, messageId: id, fileName, mimetype };
  return { ...said, mediaUrl: edge.fileLinks.linkTo(file, request), caption: text };
}
