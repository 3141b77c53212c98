import { Type } from '@sinclair/typebox';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { Reference, References } from '../reference.ts';
import {
  agentKey,
  apiKeyParameter,
  idempotencyKey,
  overlapHours,
  STATEMENT,
  statementParameters,
} from './parameters.ts';

const OWN_SERVICE: readonly ErrorCode[] = [
  'invalid_agent_key',
  'missing_parameter',
  'service_not_found',
  'invalid_api_key',
  'service_suspended',
  'refused_by_policy',
];
/** Of an agent's own service, usable or not. */
const NAMED: readonly ErrorCode[] = [
  'invalid_agent_key',
  'missing_parameter',
  'service_not_found',
  'refused_by_policy',
];
const KEY_IN_PATH = 'The key may also stand in the path: `/module/%/APIKEY`.';

const keyInPath = (method: string): string => KEY_IN_PATH.replace('%', method);

/** What an agent does to a service of its own without further parameters. */
function handling(
  method: string,
  told: Pick<Reference, 'summary' | 'text'> & { readonly errors?: readonly ErrorCode[] },
): Reference {
  return {
    section: 'Partner',
    title: method,
    oddities: [`The sentence says “was ${method}”.`],
    access: 'agentKey',
    parameters: Type.Object({ agentKey, apiKey: apiKeyParameter }),
    errors: NAMED,
    example: {
      method: 'GET',
      parameters: { agentKey: 'AGENTKEY', apiKey: 'APIKEY' },
      answer: {
        status: 'true',
        message: `The service was ${method} successfully`,
        apiKey: 'APIKEY',
      },
    },
    ...told,
  };
}

/** Services that an agent buys and looks after. */
export const PARTNER: References = {
  '/module/create': {
    section: 'Partner',
    title: 'create',
    summary: 'Buys a service. Linking it to a phone can begin at once.',
    text: 'The price is a fixed amount a month, whatever the plan. When the credit is short nothing is created.',
    oddities: ['GET spends money, too: give an `idempotencyKey`.'],
    access: 'agentKey',
    parameters: Type.Object({
      agentKey,
      planId: Type.Integer({ description: '2 Basic, 3 Pro, 4 Premium.', enum: [2, 3, 4] }),
      cycle: Type.Integer({ description: 'Months.', enum: [1, 3, 6, 12] }),
      idempotencyKey,
    }),
    errors: [
      'invalid_agent_key',
      'missing_parameter',
      'invalid_parameter',
      'insufficient_credit',
      'subscription_ended',
      'idempotency_conflict',
      'refused_by_policy',
    ],
    example: {
      method: 'GET',
      parameters: { agentKey: 'AGENTKEY', planId: '2', cycle: '1' },
      answer: {
        status: 'true',
        message: 'The service was created successfully',
        apiKey: 'ServiceAPIKEY',
      },
    },
  },
  '/module/qrCode': {
    section: 'Partner',
    title: 'qrCode',
    summary: 'The QR code to scan now.',
    text: `Ask again every few seconds: codes expire. A connected service answers \`Connected\` and an empty \`qrCode\`. ${keyInPath('qrCode')}`,
    access: 'nobody',
    parameters: Type.Object({
      apiKey: apiKeyParameter,
      format: Type.Optional(
        Type.String({
          description: '`raw` (the default) is the text of the code; `png` and `svg` are pictures.',
          enum: ['raw', 'png', 'svg'],
        }),
      ),
    }),
    errors: ['invalid_api_key', 'service_suspended', 'invalid_parameter', 'wrong_state'],
    example: {
      method: 'GET',
      parameters: { apiKey: 'APIKEY' },
      answer: {
        status: 'true',
        apiKey: 'APIKEY',
        qrCode: '2@QZ0LfvTvQwBIH4U/7hCRCh5QBBL83Q==,mzikgZmC1PKxYX=,KJYkd+GszBVkm=,aj/AHg4Q5Oz=,1',
        whatsAppStatus: 'Not connected',
        message: 'The qr code was generated',
      },
    },
  },
  '/module/loginWithCode': {
    section: 'Partner',
    title: 'loginWithCode',
    summary: 'A code to type into the phone instead of scanning.',
    text: keyInPath('loginWithCode'),
    oddities: ['`phoneNumber` is written with a capital N here; `phonenumber` is understood.'],
    access: 'nobody',
    parameters: Type.Object({
      apiKey: apiKeyParameter,
      phoneNumber: Type.String({ description: 'The number of the phone that will type it.' }),
    }),
    errors: [
      'invalid_api_key',
      'service_suspended',
      'missing_parameter',
      'invalid_phone_number',
      'wrong_state',
      'refused_by_policy',
    ],
    example: {
      method: 'GET',
      parameters: { apiKey: 'APIKEY', phoneNumber: '447400733413' },
      answer: {
        status: 'true',
        message: 'Success',
        pairCode: 'D2Z8-9ZRY',
        apiKey: 'APIKEY',
      },
    },
  },
  '/module/connect': handling('connect', {
    summary: 'Connects a service to WhatsApp, from now on and across restarts.',
    errors: OWN_SERVICE,
  }),
  '/module/disconnect': handling('disconnect', {
    summary: 'Closes a service’s connection; it stays linked.',
    errors: OWN_SERVICE,
  }),
  '/module/suspend': handling('suspend', {
    summary: 'Stops a service: nothing is sent or received any more.',
    text: 'The queue, the schedules and the link to the phone stay. Twenty days after both the suspension and the expiry have passed the service is removed.',
  }),
  '/module/unsuspend': handling('unsuspend', {
    summary: 'Undoes `suspend`.',
    text: 'A service whose time is over has to be renewed instead.',
    errors: [...NAMED, 'service_expired'],
  }),
  '/module/renew': {
    section: 'Partner',
    title: 'renew',
    summary: 'Buys months for a service.',
    text: 'They count from the later of now and its expiry. A service that was suspended because its time was over works again; one suspended by hand stays so. Without a key the same renewal within 60 seconds is answered again and not charged again (`Idempotent-Replayed: true`).',
    oddities: [
      'The sentence says “was renew”.',
      'GET spends money, too: give an `idempotencyKey`.',
    ],
    access: 'agentKey',
    parameters: Type.Object({
      agentKey,
      apiKey: apiKeyParameter,
      cycle: Type.Integer({ description: 'Months.', enum: [1, 3, 6, 12] }),
      idempotencyKey,
    }),
    errors: [
      ...NAMED,
      'invalid_parameter',
      'insufficient_credit',
      'subscription_ended',
      'idempotency_conflict',
      'subscription_ended',
    ],
    example: {
      method: 'GET',
      parameters: { agentKey: 'AGENTKEY', apiKey: 'APIKEY', cycle: '1' },
      answer: {
        status: 'true',
        message: 'The service was renew successfully',
        apiKey: 'APIKEY',
      },
    },
  },
  '/module/remove': handling('remove', {
    summary: 'Removes a service for good.',
    text: 'The phone is unlinked; credentials, queue and files are deleted. What was paid stays in the ledger.',
  }),
  '/module/showAllService': {
    section: 'Partner',
    title: 'showAllService',
    summary: 'The agent’s services, oldest first.',
    oddities: ['No `status` here, and real booleans.', '`whatsappNumber` is written so here.'],
    access: 'agentKey',
    parameters: Type.Object({ agentKey }),
    errors: ['invalid_agent_key'],
    example: {
      method: 'GET',
      parameters: { agentKey: 'AGENTKEY' },
      answer: {
        serviceCount: 1,
        services: [
          {
            apiKey: 'APIKEY',
            whatsappNumber: '1234567890',
            connectedToWhatsapp: true,
            expire: '2024-05-28',
            getMessageStatus: true,
            webhook: '',
          },
        ],
      },
    },
  },
  '/module/getWalletBalance': {
    section: 'Partner',
    title: 'getWalletBalance',
    summary: 'What the agent can still spend.',
    access: 'agentKey',
    parameters: Type.Object({ agentKey }),
    errors: ['invalid_agent_key'],
    example: {
      method: 'GET',
      parameters: { agentKey: 'AGENTKEY' },
      answer: { status: 'true', credit: '145.00' },
    },
  },
  '/module/statement': {
    section: 'Partner',
    title: 'statement',
    summary: 'What was paid into the wallet and bought from it, with the balance after each.',
    text: 'An addition to the documented API. As JSON a page has up to 1,000 entries; as CSV it is the whole.',
    access: 'agentKey',
    parameters: Type.Object({ agentKey, ...statementParameters }),
    errors: ['invalid_agent_key', 'invalid_parameter'],
    example: {
      method: 'GET',
      parameters: { agentKey: 'AGENTKEY', from: '2026-01-01' },
      answer: STATEMENT,
    },
  },
  '/module/rotateKey': {
    section: 'Partner',
    title: 'rotateKey',
    summary: 'Gives a service another key.',
    text: 'An addition to the documented API. The old key works for a day yet, or for `overlapHours`; with 0 it, and those before it, work no more. Lists and webhooks show the new one at once.',
    access: 'agentKey',
    parameters: Type.Object({ agentKey, apiKey: apiKeyParameter, overlapHours }),
    errors: ['invalid_agent_key', 'missing_parameter', 'service_not_found', 'invalid_parameter'],
    example: {
      method: 'POST',
      parameters: { agentKey: 'AGENTKEY', apiKey: 'APIKEY' },
      answer: { status: 'true', apiKey: 'NEWAPIKEY', oldKeyUntil: '2026-01-03T03:04:05.678Z' },
    },
  },
  '/module/rotateAgentKey': {
    section: 'Partner',
    title: 'rotateAgentKey',
    summary: 'Gives the agent another key, shown this once.',
    text: 'An addition to the documented API. The old key works for a day yet, or for `overlapHours`, but it can not be used for this again: if the answer is lost, ask the operator.',
    access: 'agentKey',
    parameters: Type.Object({ agentKey, overlapHours }),
    errors: ['invalid_agent_key', 'invalid_parameter', 'wrong_state'],
    example: {
      method: 'POST',
      parameters: { agentKey: 'AGENTKEY' },
      answer: { status: 'true', agentKey: 'NEWAGENTKEY', oldKeyUntil: '2026-01-03T03:04:05.678Z' },
    },
  },
};
