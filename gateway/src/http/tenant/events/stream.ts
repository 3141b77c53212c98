import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../../../domain/errors.ts';
import { readEventId } from '../../../domain/event.ts';
import type { EventId, ServiceId } from '../../../domain/ids.ts';
import type { Edge } from '../../edge.ts';
import type { EventEnvelope } from '../../parts.ts';
import { single } from '../../parameters/parameters.ts';
import { readParameters } from '../../parameters/read-parameters.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { readCursor, readerOf, serviceWithFeed } from './event-feed.ts';

/** A page is all that is ever held for a listener. */
const EVENTS_AT_ONCE = 50;
/** Proxies cut what is silent for longer; also how often the key is looked at again. */
const HEARTBEAT_MS = 15_000;
const LISTENERS_PER_SERVICE_MAX = 4;
const LISTENERS_MAX = 1000;
const AGAIN_SECONDS = 5;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // nginx would keep events back.
  'x-accel-buffering': 'no',
  connection: 'close',
};

/**
 * `events/stream`: Server-Sent Events. Goes on after the `Last-Event-ID` of a browser that comes
 * back, after `after`, or after what was acknowledged last. A listener that reads slowly is read for
 * slowly: the next page is looked for when the one before was taken.
 */
export function addStreamEvents(app: FastifyInstance, edge: Edge): void {
  const listeners = new Map<ServerResponse, ServiceId>();
  const stopping = new AbortController();
  app.addHook('preClose', (done) => {
    stopping.abort();
    done();
  });
  app.route<KeyInPath>({
    method: 'GET',
    url: '/events/stream/:apiKey',
    config: { errorFamily: 'status' },
    async handler(request, reply) {
      const { apiKey } = request.params;
      const open = await serviceWithFeed(edge, apiKey);
      const { service } = open;
      const written = request.headers['last-event-id'] ?? '';
      const last = typeof written === 'string' ? written.trim() : '';
      const asked = last === '' ? single(await readParameters(request), 'after')?.trim() : last;
      const afterId = (asked ?? '') === '' ? open.ackedId : readCursor(asked ?? '');
      assertRoom([...listeners.values()], service.id);
      const response = reply.raw;
      listeners.set(response, service.id);
      reply.hijack();
      try {
        await sendAll(response, {
          afterId: afterId ?? 0,
          stopped: AbortSignal.any([stopping.signal, closeSignal(response)]),
          read: (id) => edge.webhooks.feed.read(readerOf(open, request), id, EVENTS_AT_ONCE),
          wait: (id, stopped) => edge.webhooks.feed.wait(service.id, id, HEARTBEAT_MS, stopped),
          assertAllowed: async () => void (await serviceWithFeed(edge, apiKey)),
        });
      } catch (error) {
        // It is told by the end: the listener comes back, and is answered as it should be.
        edge.log.debug({ err: error }, 'a listener was let go');
      } finally {
        listeners.delete(response);
        response.end(() => response.destroy());
      }
    },
  });
}

interface Listening {
  readonly afterId: EventId | 0;
  readonly stopped: AbortSignal;
  read(afterId: EventId | 0): Promise<EventEnvelope[]>;
  wait(afterId: EventId | 0, stopped: AbortSignal): Promise<void>;
  assertAllowed(): Promise<void>;
}

async function sendAll(response: ServerResponse, listening: Listening): Promise<void> {
  const { stopped } = listening;
  let { afterId } = listening;
  response.writeHead(200, HEADERS);
  response.write(`retry: ${AGAIN_SECONDS * 1000}\n\n`);
  while (!stopped.aborted) {
    const events = await listening.read(afterId);
    for (const event of events) {
      const text = `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
      if (!response.write(text)) await once(response, 'drain', { signal: stopped });
      afterId = readEventId(event.id) ?? afterId;
    }
    if (events.length === EVENTS_AT_ONCE) continue;
    await listening.wait(afterId, stopped);
    if (stopped.aborted) return;
    await listening.assertAllowed();
    response.write(': still here\n\n');
  }
}

function assertRoom(services: readonly ServiceId[], serviceId: ServiceId): void {
  const own = services.filter((other) => other === serviceId).length;
  if (own >= LISTENERS_PER_SERVICE_MAX) {
    const sentence = `At most ${LISTENERS_PER_SERVICE_MAX} may listen at once.`;
    throw new Problem('too_many_requests', sentence, AGAIN_SECONDS);
  }
  if (services.length >= LISTENERS_MAX) throw new Problem('not_ready');
}

/** Aborted when the listener has gone. */
function closeSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.on('error', () => gone.abort());
  return gone.signal;
}
