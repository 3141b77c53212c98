import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import type { Endpoint } from './context.ts';

const Query = Type.Object({ wireIds: Type.Optional(Type.Literal('true')) });

/** `GET /simulator/stats`: all counts; `?wireIds=true` adds the copies of every message id. */
export const stats: Endpoint = (server, { world }) => {
  server.get<{ Querystring: Static<typeof Query> }>(
    '/simulator/stats',
    { schema: { querystring: Query } },
    (request) => ({
      ...world.stats.read(),
      connectionsNow: world.lines.size,
      stanzasWaiting: world.outbox.count(),
      faultsPending: world.faults.list().reduce((sum, fault) => sum + fault.remaining, 0),
      messagesByWireId: world.wireLog.summary(),
      ...(request.query.wireIds ? { wireIds: world.wireLog.byId() } : {}),
    }),
  );
};
