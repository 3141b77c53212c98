import { Type } from '@sinclair/typebox';
import type { References } from '../reference.ts';
import {
  idempotencyKey,
  mode,
  overlapHours,
  STATEMENT,
  statementParameters,
} from './parameters.ts';

/** What whoever runs the gateway does. */
export const OPERATOR: References = {
  'POST /admin/agents': {
    section: 'Operator',
    title: 'admin/agents',
    summary: 'Makes an agent: a reseller with a wallet. Its key is shown this once.',
    access: 'adminToken',
    parameters: Type.Object({
      name: Type.String({ maxLength: 200 }),
      credit: Type.Optional(Type.String({ examples: ['100.00'] })),
      mode,
      needsSubscription: Type.Optional(
        Type.String({
          description:
            '`off`: it needs no subscription of its own, though the catalogue has one for agents. Else it has none yet, and buys nothing before.',
        }),
      ),
    }),
    errors: ['invalid_admin_token', 'missing_parameter', 'invalid_parameter', 'test_mode_off'],
    example: {
      method: 'POST',
      parameters: { name: 'Reseller', credit: '100.00' },
      answer: { agentId: 1, agentKey: 'AGENTKEY' },
    },
  },
  '/admin/agents/:agentId/credit': {
    section: 'Operator',
    title: 'admin/agents/…/credit',
    summary: 'Puts money into an agent’s wallet.',
    access: 'adminToken',
    parameters: Type.Object({ amount: Type.String({ examples: ['50.00'] }), idempotencyKey }),
    errors: [
      'invalid_admin_token',
      'agent_not_found',
      'missing_parameter',
      'invalid_parameter',
      'idempotency_conflict',
    ],
    example: {
      method: 'POST',
      parameters: { amount: '50.00' },
      answer: { credit: '150.00' },
    },
  },
  '/admin/agents/:agentId/statement': {
    section: 'Operator',
    title: 'admin/agents/…/statement',
    summary: 'What an agent has paid in and bought, with the balance after each.',
    text: 'As JSON a page has up to 1,000 entries; as CSV it is the whole.',
    access: 'adminToken',
    parameters: Type.Object(statementParameters),
    errors: ['invalid_admin_token', 'agent_not_found', 'invalid_parameter'],
    example: {
      method: 'GET',
      parameters: { from: '2026-01-01', until: '2026-01-31' },
      answer: STATEMENT,
    },
  },
  '/admin/agents/:agentId/subscription': {
    section: 'Operator',
    title: 'admin/agents/…/subscription',
    summary: 'Sells or extends an agent’s own subscription.',
    text: 'Where the catalogue has one, an agent whose subscription has ended can neither create nor renew; its services go on. The price is charged to its wallet; `paidOutside` notes it as paid in and charged at once. Months are added to the later of now and the end.',
    access: 'adminToken',
    parameters: Type.Object({
      cycle: Type.Integer({ description: 'Months.', enum: [1, 3, 6, 12] }),
      paidOutside: Type.Optional(Type.String({ description: '`on`: not from the wallet.' })),
      idempotencyKey,
    }),
    errors: [
      'invalid_admin_token',
      'agent_not_found',
      'missing_parameter',
      'invalid_parameter',
      'wrong_state',
      'insufficient_credit',
      'idempotency_conflict',
    ],
    example: {
      method: 'POST',
      parameters: { cycle: '12' },
      answer: { subscriptionEndsAt: '2027-01-02T03:04:05.678Z' },
    },
  },
  '/admin/agents/:agentId/rotate-key': {
    section: 'Operator',
    title: 'admin/agents/…/rotate-key',
    summary: 'Gives an agent another key, shown this once.',
    access: 'adminToken',
    parameters: Type.Object({ overlapHours }),
    errors: ['invalid_admin_token', 'agent_not_found', 'invalid_parameter'],
    example: {
      method: 'POST',
      answer: { agentKey: 'NEWAGENTKEY', oldKeyUntil: '2026-01-03T03:04:05.678Z' },
    },
  },
  '/admin/services/:apiKey/rotate-key': {
    section: 'Operator',
    title: 'admin/services/…/rotate-key',
    summary: 'Gives a service another key.',
    access: 'adminToken',
    parameters: Type.Object({ overlapHours }),
    errors: ['invalid_admin_token', 'service_not_found', 'invalid_parameter'],
    example: {
      method: 'POST',
      answer: { apiKey: 'NEWAPIKEY', oldKeyUntil: '2026-01-03T03:04:05.678Z' },
    },
  },
  '/admin/services/:apiKey/restore': {
    section: 'Operator',
    title: 'admin/services/…/restore',
    summary:
      'Brings back a service that was removed because it had been suspended for twenty days.',
    text: 'For a day after that removal nothing is deleted. The service is suspended then, and can be renewed. What was removed by hand is gone at once.',
    access: 'adminToken',
    errors: ['invalid_admin_token', 'service_not_found', 'wrong_state'],
    example: {
      method: 'POST',
      answer: { apiKey: 'APIKEY', state: 'suspended', expiresAt: '2026-01-02T03:04:05.678Z' },
    },
  },
  '/admin/agents/:agentId/reversals': {
    section: 'Operator',
    title: 'admin/agents/…/reversals',
    summary: 'Takes back a transaction of an agent’s statement, by a new one.',
    text: 'The money goes back where it came from. Where the transaction had bought months for a service, they go with the money: if that ends the service’s time it is suspended. Each transaction is taken back once; asked again, nothing changes.',
    access: 'adminToken',
    parameters: Type.Object({
      transactionId: Type.Integer({ description: 'From the statement.' }),
      note: Type.Optional(Type.String({ description: 'Shown on the statement.', maxLength: 200 })),
    }),
    errors: [
      'invalid_admin_token',
      'agent_not_found',
      'transaction_not_found',
      'missing_parameter',
      'wrong_state',
      'insufficient_credit',
    ],
    example: {
      method: 'POST',
      parameters: { transactionId: '17', note: 'bought by mistake' },
      answer: { transactionId: 17, credit: '150.00' },
    },
  },
  'GET /admin/services': {
    section: 'Operator',
    title: 'admin/services list',
    summary: 'Every service at a glance, oldest first.',
    access: 'adminToken',
    errors: ['invalid_admin_token'],
    example: {
      method: 'GET',
      answer: [
        {
          apiKey: 'APIKEY',
          mode: 'test',
          state: 'active',
          planId: 4,
          plan: 'Premium',
          number: '447400000001',
          connection: 'connected',
          connectionStatus: 'Connected to WhatsApp',
          connectionDetail: '',
          retryAt: null,
          health: 'good',
          lastHeardAt: '2026-03-01T09:59:40.000Z',
          answerMs: 120,
          queueDepth: 0,
          expiresAt: '2026-01-02T03:04:05.678Z',
          agentId: null,
        },
      ],
    },
  },
  'POST /admin/services': {
    section: 'Operator',
    title: 'admin/services',
    summary: 'Makes a service of the operator’s own.',
    text: 'With `link` a test service is answered already linked to that simulated phone.',
    access: 'adminToken',
    parameters: Type.Object({
      planId: Type.Integer({ description: '2 Basic, 3 Pro, 4 Premium.', enum: [2, 3, 4] }),
      cycle: Type.Integer({ description: 'Months.', enum: [1, 3, 6, 12] }),
      mode,
      link: Type.Optional(Type.String({ description: 'The number of a simulated phone.' })),
    }),
    errors: [
      'invalid_admin_token',
      'missing_parameter',
      'invalid_parameter',
      'invalid_phone_number',
      'test_mode_off',
    ],
    example: {
      method: 'POST',
      parameters: { planId: '4', cycle: '12', mode: 'test', link: '447400000001' },
      answer: { apiKey: 'APIKEY', mode: 'test' },
    },
  },
  '/admin/services/:apiKey/expire': {
    section: 'Operator',
    title: 'admin/services/…/expire',
    summary: 'Ends a test service’s time now, so that expiry can be watched.',
    access: 'adminToken',
    errors: ['invalid_admin_token', 'service_not_found', 'wrong_state'],
    example: {
      method: 'POST',
      answer: { apiKey: 'APIKEY', expiresAt: '2026-01-02T03:04:05.678Z' },
    },
  },
};
