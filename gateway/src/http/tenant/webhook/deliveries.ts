import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { Problem } from '../../../domain/errors.ts';
import { publicEventId, readEventId, type DeliveryState } from '../../../domain/event.ts';
import type { EventId, ListenerId } from '../../../domain/ids.ts';
import { listDeliveries, type DeliveryRow } from '../../../storage/webhooks/list-deliveries.ts';
import { findWebhook, type Webhook } from '../../../storage/webhooks/webhook-settings.ts';
import { listDate } from '../../answers/dates.ts';
import type { Edge } from '../../edge.ts';
import { single, type Parameters } from '../../parameters/parameters.ts';
import { readParameters } from '../../parameters/read-parameters.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { describePage, pageOf, readPageRequest } from '../page.ts';
import { serviceWithWebhooks } from './webhook-gate.ts';

const DELIVERY_STATES: readonly DeliveryState[] = ['pending', 'delivered', 'exhausted', 'dropped'];

const AttemptLine = Type.Object({
  attempt: Type.Integer({ description: 'From 1.' }),
  date: Type.String({ examples: ['2024/05/01 13:43:53'] }),
  url: Type.String(),
  httpStatus: Type.Union([Type.Integer(), Type.Null()]),
  failure: Type.Union([
    Type.String({ examples: ['status', 'timeout', 'connection', 'redirect', 'tls'] }),
    Type.Null(),
  ]),
  latencyMs: Type.Integer(),
  answer: Type.String({ description: 'How the answer began.' }),
});

const DeliveryLine = Type.Object({
  id: Type.String({ description: 'As `webhook-id` says it.', examples: ['evt_542655'] }),
  type: Type.String({ examples: ['message.status'] }),
  created: Type.String(),
  state: Type.String({ enum: [...DELIVERY_STATES] }),
  nextAttempt: Type.Union([Type.String(), Type.Null()]),
  attempts: Type.Array(AttemptLine),
});

const Standing = Type.Object({
  url: Type.String(),
  format: Type.String({ enum: ['documented', 'versioned'] }),
  state: Type.String({
    enum: ['flowing', 'resting', 'draining', 'disabled'],
    description:
      '`resting`: several deliveries failed in a row, now and then one is tried. `draining`: it answers again. `disabled`: set it again, or call `webhook/resend`.',
  }),
  failingSince: Type.Union([Type.String(), Type.Null()]),
  nextProbe: Type.Union([Type.String(), Type.Null()]),
  disabledBecause: Type.Union([Type.String({ examples: ['gone', 'failing'] }), Type.Null()]),
});

/** What became of a webhook's events, and how the webhook stands. */
export const Deliveries = Type.Composite([
  Type.Object({ status: Type.Literal('true'), webhook: Type.Union([Standing, Type.Null()]) }),
  pageOf(DeliveryLine),
]);

/** `webhook/deliveries`: what became of the events of the last 30 days, newest first. */
export function addWebhookDeliveries(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/webhook/deliveries/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Deliveries } },
    async handler(request): Promise<Static<typeof Deliveries>> {
      const service = await serviceWithWebhooks(edge, request.params.apiKey);
      return await describeDeliveries(edge, service.id, await readParameters(request));
    },
  });
}

/** Whatever of it the parameters ask for. @throws Problem `invalid_parameter` */
export async function describeDeliveries(
  edge: Edge,
  listenerId: ListenerId,
  parameters: Parameters,
): Promise<Static<typeof Deliveries>> {
  const page = readPageRequest(parameters);
  const question = {
    page: page.page,
    rowsPerPage: page.rowsPerPage,
    state: readState(parameters),
    id: readId(parameters),
  };
  const [found, webhook] = await Promise.all([
    listDeliveries(edge.database, listenerId, question),
    findWebhook(edge.database, listenerId),
  ]);
  return {
    status: 'true',
    webhook: webhook === null ? null : standing(webhook),
    ...describePage(page, found, line),
  };
}

function readState(parameters: Parameters): DeliveryState | null {
  const written = single(parameters, 'state')?.trim() ?? '';
  if (written === '') return null;
  const state = DELIVERY_STATES.find((known) => known === written);
  if (state === undefined) {
    throw new Problem(
      'invalid_parameter',
      `The state must be one of ${DELIVERY_STATES.join(', ')}.`,
    );
  }
  return state;
}

/** @throws Problem `invalid_parameter` for what can be no event's id */
export function readId(parameters: Parameters): EventId | null {
  const written = single(parameters, 'id')?.trim() ?? '';
  if (written === '') return null;
  const id = readEventId(written);
  if (id === null) {
    throw new Problem('invalid_parameter', 'The id must be that of an event, such as evt_542655.');
  }
  return id;
}

function dateOrNull(at: Date | null): string | null {
  return at === null ? null : listDate(at);
}

function standing(webhook: Webhook): Static<typeof Standing> {
  return {
    url: webhook.url ?? '',
    format: webhook.format,
    state: webhook.mode,
    failingSince: dateOrNull(webhook.failingSince),
    nextProbe: dateOrNull(webhook.probeAt),
    disabledBecause: webhook.disabledBecause,
  };
}

function line({
  id,
  type,
  createdAt,
  state,
  nextAt,
  log,
}: DeliveryRow): Static<typeof DeliveryLine> {
  return {
    id: publicEventId(id),
    type,
    created: listDate(createdAt),
    state,
    nextAttempt: dateOrNull(nextAt),
    attempts: log.map(({ attempt, at, url, status, failure, latencyMs, answer }) => ({
      attempt,
      date: listDate(at),
      url,
      httpStatus: status,
      failure,
      latencyMs,
      answer,
    })),
  };
}
