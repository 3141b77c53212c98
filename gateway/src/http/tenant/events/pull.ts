import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { publicEventId } from '../../../domain/event.ts';
import type { EventId } from '../../../domain/ids.ts';
import type { Edge } from '../../edge.ts';
import { single, wholeNumber, type Parameters } from '../../parameters/parameters.ts';
import { readParameters } from '../../parameters/read-parameters.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { FeedEvent, readCursor, readerOf, serviceWithFeed } from './event-feed.ts';

const EVENTS_MAX = 500;
const EVENTS_UNLESS_SAID = 100;
const WAIT_SECONDS_MAX = 25;

const Pulled = Type.Object({
  status: Type.Literal('true'),
  events: Type.Array(FeedEvent),
  cursor: Type.Union([Type.String({ examples: ['evt_542655'] }), Type.Null()], {
    description: 'For the next call, as `after`; null while there was no event.',
  }),
  hasMore: Type.Boolean({ description: 'Whether to ask again at once.' }),
});

/** `events/pull`: what follows an event, or what was acknowledged last. */
export function addPullEvents(app: FastifyInstance, edge: Edge): void {
  // A stop would wait for those who wait.
  app.addHook('preClose', (done) => {
    edge.webhooks.feed.close();
    done();
  });
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/events/pull/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Pulled } },
    async handler(request, reply): Promise<Static<typeof Pulled>> {
      const open = await serviceWithFeed(edge, request.params.apiKey);
      const parameters = await readParameters(request);
      const afterId = readAfter(parameters) ?? open.ackedId ?? 0;
      const limit = wholeNumber(parameters, 'limit', 1, EVENTS_UNLESS_SAID);
      const wait = wholeNumber(parameters, 'wait', 0, 0);
      const countMax = Math.min(limit, EVENTS_MAX);
      const reader = readerOf(open, request);
      const { feed } = edge.webhooks;
      let events = await feed.read(reader, afterId, countMax);
      if (events.length === 0 && wait > 0) {
        const timeoutMs = Math.min(wait, WAIT_SECONDS_MAX) * 1000;
        await feed.wait(open.service.id, afterId, timeoutMs, goneSignal(reply));
        events = await feed.read(reader, afterId, countMax);
      }
      const cursor = events.at(-1)?.id ?? (afterId === 0 ? null : publicEventId(afterId));
      return { status: 'true', events, cursor, hasMore: events.length === countMax };
    },
  });
}

function readAfter(parameters: Parameters): EventId | null {
  const written = single(parameters, 'after')?.trim() ?? '';
  return written === '' ? null : readCursor(written);
}

/** Aborted when the caller has gone. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
