import type { FastifyRequest } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../../domain/errors.ts';
import { readEventId } from '../../../domain/event.ts';
import type { EventId } from '../../../domain/ids.ts';
import type { Service } from '../../../storage/services/service.ts';
import { findFeed } from '../../../storage/webhooks/feed.ts';
import type { Edge } from '../../edge.ts';
import { serviceWithWebhooks } from '../webhook/webhook-gate.ts';

/** An event as a feed gives it. */
export const FeedEvent = Type.Object({
  id: Type.String({ examples: ['evt_542655'] }),
  type: Type.String({ examples: ['message.status'] }),
  version: Type.Integer(),
  createdAt: Type.String({ description: 'ISO 8601, UTC.' }),
  service: Type.String({ description: 'The part of the key that may be shown.' }),
  data: Type.Any(),
});

/** A service with an open feed. */
export interface OpenFeed {
  readonly service: Service;
  readonly ackedId: EventId | null;
  readonly keyPrefix: string;
}

/**
 * The service, if its feed is open.
 * @throws Problem `wrong_state`, or what `serviceWithWebhooks` throws
 */
export async function serviceWithFeed(edge: Edge, apiKey: string): Promise<OpenFeed> {
  const service = await serviceWithWebhooks(edge, apiKey);
  const { isOpen, ...feed } = await findFeed(edge.database.pool, service.id);
  if (!isOpen) throw new Problem('wrong_state', 'Call events/open first.');
  return { service, ...feed };
}

/** Reads `evt_...`. @throws Problem `invalid_parameter` */
export function readCursor(written: string): EventId {
  const id = readEventId(written);
  if (id !== null) return id;
  throw new Problem('invalid_parameter', 'An event is named as in evt_542655.');
}

/** Who reads, and how links in events begin for them. */
export function readerOf({ service, keyPrefix }: OpenFeed, request: FastifyRequest) {
  return {
    serviceId: service.id,
    keyPrefix,
    baseUrl: `${request.protocol}://${request.host}`,
  };
}
