import { Type, type Static } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import {
  listScheduledMessages,
  type ScheduledMessage,
} from '../../storage/messages/list-scheduled.ts';
import { unixSeconds } from '../answers/message-details.ts';
import { MessageRow, messageRow } from '../answers/message-row.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import type { KeyInPath } from './key-in-path.ts';
import { describePage, pageOf, readPageRequest } from './page.ts';

const ScheduledRow = Type.Composite([
  MessageRow,
  Type.Object({ schedule: Type.Integer({ description: 'In seconds since 1970.' }) }),
]);

/** `schedules`: what waits with a time of its own, the next one first. */
export function addListSchedules(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/schedules/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: pageOf(ScheduledRow) } },
    async handler(request) {
      const service = await edge.services.findUsable(request.params.apiKey);
      const page = readPageRequest(await readParameters(request));
      const found = await listScheduledMessages(edge.database, service.id, page);
      return describePage(page, found, scheduledRow);
    },
  });
}

function scheduledRow(message: ScheduledMessage): Static<typeof ScheduledRow> {
  return { ...messageRow(message), schedule: unixSeconds(message.dueAt) };
}
