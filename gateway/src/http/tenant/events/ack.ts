import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../../domain/errors.ts';
import { publicEventId } from '../../../domain/event.ts';
import { ackFeed } from '../../../storage/webhooks/feed.ts';
import { refuseAutomaticRequest } from '../../access/automatic-requests.ts';
import type { Edge } from '../../edge.ts';
import { required } from '../../parameters/parameters.ts';
import { readParameters } from '../../parameters/read-parameters.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { readCursor, serviceWithFeed } from './event-feed.ts';

const Acked = Type.Object({
  status: Type.Literal('true'),
  acknowledged: Type.String({ examples: ['evt_542655'] }),
});

/** `events/ack`: the caller has everything up to this event. */
export function addAckEvents(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/events/ack/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Acked } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const { service } = await serviceWithFeed(edge, request.params.apiKey);
      const id = readCursor(required(await readParameters(request), 'id'));
      const acked = await ackFeed(edge.database.pool, service.id, id);
      if (acked === null) throw new Problem('invalid_parameter', 'There is no such event.');
      return { status: 'true', acknowledged: publicEventId(acked) } as const;
    },
  });
}
