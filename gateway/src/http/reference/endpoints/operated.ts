import { Type } from '@sinclair/typebox';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { Reference, References } from '../reference.ts';
import { idempotencyKey, mode } from './parameters.ts';

const NAMED: readonly ErrorCode[] = ['invalid_admin_token', 'service_not_found'];

const SERVICE = {
  apiKey: 'APIKEY',
  mode: 'live',
  state: 'active',
  planId: 2,
  plan: 'Basic',
  number: '447400733413',
  connection: 'connected',
  connectionStatus: 'Connected to WhatsApp',
  connectionDetail: '',
  retryAt: null,
  health: 'good',
  lastHeardAt: '2026-01-02T03:04:05.678Z',
  answerMs: 180,
  queueDepth: 0,
  expiresAt: '2026-01-02T03:04:05.678Z',
  agentId: 1,
};

function handling(verb: string, state: string, summary: string, text?: string): Reference {
  return {
    section: 'Operator',
    title: `admin/services/…/${verb}`,
    summary,
    ...(text === undefined ? {} : { text }),
    access: 'adminToken',
    errors: verb === 'unsuspend' ? [...NAMED, 'service_expired'] : NAMED,
    example: {
      method: 'POST',
      answer: { apiKey: 'APIKEY', state, expiresAt: '2026-01-02T03:04:05.678Z' },
    },
  };
}

/** What the operator does with agents and services that exist. */
export const OPERATED: References = {
  'GET /admin/agents': {
    section: 'Operator',
    title: 'admin/agents list',
    summary: 'Every agent with its wallet, oldest first.',
    access: 'adminToken',
    errors: ['invalid_admin_token'],
    example: {
      method: 'GET',
      answer: [
        {
          agentId: 1,
          name: 'Reseller',
          mode: 'live',
          keyPrefix: 'k3v9x2a',
          credit: '145.00',
          currency: 'EUR',
          subscriptionEndsAt: null,
          serviceCount: 11,
          createdAt: '2026-01-02T03:04:05.678Z',
        },
      ],
    },
  },
  '/admin/services/:apiKey': {
    section: 'Operator',
    title: 'admin/services/… show',
    summary: 'One service as it stands now.',
    access: 'adminToken',
    errors: NAMED,
    example: { method: 'GET', answer: SERVICE },
  },
  '/admin/services/:apiKey/renew': {
    section: 'Operator',
    title: 'admin/services/…/renew',
    summary: 'Adds months to a service, from the later of now and its expiry.',
    text: 'The wallet of its agent pays, as for the agent’s own `renew`; a service of the operator’s own costs nothing.',
    access: 'adminToken',
    parameters: Type.Object({
      cycle: Type.Integer({ description: 'Months.', enum: [1, 3, 6, 12] }),
      idempotencyKey,
    }),
    errors: [
      ...NAMED,
      'missing_parameter',
      'invalid_parameter',
      'insufficient_credit',
      'idempotency_conflict',
    ],
    example: { method: 'POST', parameters: { cycle: '12' }, answer: SERVICE },
  },
  '/admin/services/:apiKey/suspend': handling(
    'suspend',
    'suspended',
    'Suspends a service: nothing is sent or received; the queue and the link to the phone stay.',
  ),
  '/admin/services/:apiKey/unsuspend': handling(
    'unsuspend',
    'active',
    'Undoes `suspend`. A service whose time is over has to be renewed instead.',
  ),
  '/admin/services/:apiKey/remove': handling(
    'remove',
    'removed',
    'Unlinks the phone and deletes the service; its charges stay in the ledger.',
  ),
  '/admin/import': {
    section: 'Operator',
    title: 'admin/import',
    summary: 'Takes services over from elsewhere, with their keys, from a CSV file.',
    text: 'The columns are `apiKey`, `plan` and `expiry`, and where wanted `phoneNumber`, `agent`, `countryCode`, `receiveMessage` and `webhook`. All lines or none: a file with bad lines is answered 400 with `lines`, a line and a sentence each. Services that are here already stay as they are, so a file may be sent again. Nothing is charged, and every phone has to be linked again.',
    access: 'adminToken',
    parameters: Type.Object({
      csv: Type.String({ description: 'The file’s text, at most 16 MB.' }),
      dryRun: Type.Optional(
        Type.Boolean({ description: 'On: everything is judged and nothing is changed.' }),
      ),
      mode,
    }),
    errors: ['invalid_admin_token', 'missing_parameter', 'invalid_parameter', 'test_mode_off'],
    example: {
      method: 'POST',
      parameters: {
        csv: 'apiKey,plan,expiry\nk3v9x2a-p0q8d7m-0000000-1111111-2222222,Premium,2027-03-31\n',
      },
      answer: { dryRun: false, created: 1, unchanged: [] },
    },
  },
};
