import type { EventType } from '../../domain/event.ts';

/** What happens, as OpenAPI 3.1 describes what is posted to somebody. */
interface DescribedEvent {
  readonly summary: string;
  /** `data` in the versioned format. */
  readonly data: unknown;
  /** The whole body in the documented format; none where it has no words for the event. */
  readonly documented?: unknown;
}

const SESSION = {
  state: 'connected',
  detail: null,
  phone: '15303776310',
  lid: '91280044217384',
  name: 'Acme Support',
};
const MESSAGE = {
  messageId: '542655',
  whatsappId: '3EB0A1C4D5E6F7089A1B2C',
  to: '15303776311',
  isGroup: false,
};

/** Every event with examples of its bodies. `test/webhooks/described.test.ts` holds them to the truth. */
export const DESCRIBED_EVENTS: Readonly<Record<EventType, DescribedEvent>> = {
  'message.received': {
    summary: 'A message came in.',
    data: {
      messageId: '169732',
      whatsappId: '3EB0C7E2A94F10D38B6652',
      kind: 'chat',
      from: '15303776311',
      fromLid: '84213600719422',
      to: '15303776310',
      groupId: '',
      text: 'text',
      sentAt: '2024-05-01T13:43:53.000Z',
      file: null,
    },
    documented: {
      ID: '169732',
      Type: 'chat',
      Hash: 'APIKEY',
      From: '15303776311',
      To: '15303776310',
      GroupId: '',
      Chat: 'text',
    },
  },
  'message.status': {
    summary: 'A message was taken by WhatsApp (`server`), by a phone (`phone`), or was read.',
    data: { ...MESSAGE, status: 'read', at: '2024-05-01T13:43:53.000Z', metadata: 'order 10482' },
    documented: { ID: '542655', Delivery: 3 },
  },
  'message.failed': {
    summary: 'A message failed, expired, or ended in doubt.',
    data: { ...MESSAGE, status: 'failed', reason: 'not_on_whatsapp', metadata: 'order 10482' },
  },
  'session.connected': { summary: 'The account is connected.', data: SESSION },
  'session.disconnected': {
    summary: 'The account is no longer connected.',
    data: { ...SESSION, state: 'reconnecting' },
  },
  'session.qr': { summary: 'There is a new QR code to scan.', data: { qr: '2@mB1x...' } },
  'service.suspended': {
    summary: 'The service was suspended.',
    data: { state: 'suspended', expiresAt: '2024-05-01T00:00:00+00:00' },
  },
  'service.expiring': {
    summary: 'The time of the service ends soon.',
    data: { daysLeft: 7, endsAt: '2024-05-08T00:00:00+00:00' },
  },
  'service.removing': {
    summary: 'The service is suspended and will be removed soon.',
    data: { daysLeft: 3, endsAt: '2024-05-04T00:00:00+00:00' },
  },
  'service.activated': {
    summary: 'The service is active again.',
    data: { state: 'active', expiresAt: '2024-06-01T00:00:00+00:00' },
  },
  'service.removed': {
    summary: 'The service was removed.',
    data: { state: 'removed', expiresAt: '2024-05-01T00:00:00+00:00' },
  },
  'subscription.ending': {
    summary: 'To an agent: its own subscription ends soon. `service` is empty.',
    data: { daysLeft: 7, endsAt: '2024-05-08T00:00:00+00:00' },
  },
  'webhook.disabled': {
    summary: 'The webhook was disabled: it said that it is gone, or failed for five days.',
    data: { url: 'https://example.com/webhook', reason: 'gone' },
  },
  'webhook.test': {
    summary: '`webhook/test` was called.',
    data: {},
    documented: {
      ID: 'evt_542656',
      Type: 'test',
      Hash: 'APIKEY',
      From: '',
      To: '',
      GroupId: '',
      Chat: 'This is a test of your webhook.',
    },
  },
};

const HEADERS = {
  'webhook-id': 'The event, the same on every attempt: `evt_` and a number.',
  'webhook-timestamp': 'When this attempt was made, Unix time in seconds.',
  'webhook-signature':
    '`v1,` and the Base64 HMAC-SHA256 of `ID.TIMESTAMP.BODY`; two of them while a secret is changed.',
};

const parameters = Object.entries(HEADERS).map(([name, description]) => {
  return { name, in: 'header', required: true, description, schema: { type: 'string' } };
});

const ENVELOPE = {
  type: 'object',
  required: ['id', 'type', 'version', 'createdAt', 'service', 'data'],
  properties: {
    id: { type: 'string' },
    type: { type: 'string', enum: Object.keys(DESCRIBED_EVENTS) },
    version: { const: 1 },
    createdAt: { type: 'string', format: 'date-time' },
    service: {
      type: 'string',
      description: 'Which service it is about: how its key begins.',
    },
    data: { type: 'object' },
  },
};

/** The service that the example is about. */
export function exampleService(type: EventType): string {
  return type === 'subscription.ending' ? '' : 'k3v9x2a';
}

/** The example of an event in the versioned format. */
export function versionedExample(type: EventType): unknown {
  const { data } = DESCRIBED_EVENTS[type];
  const createdAt = '2024-05-01T13:43:53.120Z';
  const service = exampleService(type);
  return { id: 'evt_542656', type, version: 1, createdAt, service, data };
}

/** The `webhooks` of the OpenAPI document. */
export function describeWebhooks(): Readonly<Record<string, unknown>> {
  const entries = Object.entries(DESCRIBED_EVENTS) as [EventType, DescribedEvent][];
  return Object.fromEntries(
    entries.map(([type, { summary, documented }]) => [
      type,
      {
        post: {
          operationId: `event.${type}`,
          tags: ['Webhooks'],
          summary,
          parameters,
          requestBody: {
            content: {
              'application/json': {
                schema:
                  documented === undefined ? ENVELOPE : { anyOf: [ENVELOPE, { type: 'object' }] },
                examples: {
                  versioned: { summary: '`format=versioned`', value: versionedExample(type) },
                  ...(documented === undefined
                    ? {}
                    : { documented: { summary: '`format=documented`', value: documented } }),
                },
              },
            },
          },
          responses: {
            '2XX': { description: 'You have it.' },
            '410': { description: 'Never again: the webhook is disabled.' },
            default: { description: 'It is tried again, for 7 days.' },
          },
        },
      },
    ]),
  );
}
