import type { Answer } from './admin-api.ts';
import {
  neededOption,
  OVERLAP,
  parametersOf,
  textOption,
  toldKey,
  type Command,
} from './command.ts';
import { drawTable } from './terminal.ts';

/** The address of a service in the admin API. */
export function pathOf(apiKey: string | undefined): string {
  return `/admin/services/${encodeURIComponent(apiKey ?? '')}`;
}

const CYCLE = { type: 'string', value: 'MONTHS', help: '1, 3, 6 or 12', isNeeded: true } as const;

/** What the operator does with services. */
export const SERVICE_COMMANDS: readonly Command[] = [
  {
    name: 'services list',
    takes: [],
    options: { agent: { type: 'string', value: 'AGENT', help: 'only this agent’s, by number' } },
    help: 'every service at a glance',
    async run(call) {
      const all = (await call.api.get('/admin/services')) as Answer[];
      const agent = textOption(call, 'agent');
      const services = all.filter(
        ({ agentId }) => agent === undefined || String(agentId) === agent,
      );
      call.report(services, drawTable(COLUMNS, services.map(rowOf)));
    },
  },
  {
    name: 'services show',
    takes: ['KEY'],
    help: 'one service as it stands now',
    async run({ api, given, report }) {
      const service = (await api.get(pathOf(given['KEY']))) as Answer;
      const shown = Object.entries(service).map(([name, value]) => [name, value]);
      report(service, drawTable(['', ''], shown).trimStart());
    },
  },
  {
    name: 'services create',
    takes: [],
    options: {
      plan: { type: 'string', value: 'PLAN', help: '2 Basic, 3 Pro, 4 Premium', isNeeded: true },
      cycle: CYCLE,
      mode: { type: 'string', value: 'live|test', help: 'WhatsApp or the simulator; live' },
      phone: { type: 'string', value: 'NUMBER', help: 'test only: links this simulated phone' },
    },
    help: 'makes a service of your own',
    async run(call) {
      const answer = await call.api.post('/admin/services', {
        planId: neededOption(call, 'plan'),
        cycle: neededOption(call, 'cycle'),
        ...parametersOf(call, { mode: 'mode', phone: 'link' }),
      });
      call.report(answer, String(answer['apiKey']));
    },
  },
  ...(
    [
      ['suspend', 'sends and receives nothing; queue and link stay'],
      ['unsuspend', 'undoes suspend'],
      ['remove', 'unlinks the phone and deletes the service for good'],
      ['expire', 'test services only: its time is over now'],
    ] as const
  ).map(([verb, help]): Command => ({
    name: `services ${verb}`,
    takes: ['KEY'],
    help,
    async run({ api, given, report }) {
      const answer = await api.post(`${pathOf(given['KEY'])}/${verb}`);
      report(answer, `The service is ${verb === 'expire' ? 'expired' : String(answer['state'])}.`);
    },
  })),
  {
    name: 'services renew',
    takes: ['KEY'],
    options: {
      cycle: CYCLE,
      'idempotency-key': { type: 'string', value: 'KEY', help: 'the same key never pays twice' },
    },
    help: 'adds months; its agent’s wallet pays',
    async run(call) {
      const answer = await call.api.post(`${pathOf(call.given['KEY'])}/renew`, {
        cycle: neededOption(call, 'cycle'),
        ...parametersOf(call, { 'idempotency-key': 'idempotencyKey' }),
      });
      call.report(answer, `The service runs until ${String(answer['expiresAt'])}.`);
    },
  },
  {
    name: 'services restore',
    takes: ['KEY'],
    help: 'brings back, for a day, what the clock has removed; it is suspended then',
    async run({ api, given, report }) {
      const answer = await api.post(`${pathOf(given['KEY'])}/restore`);
      report(answer, `The service is ${String(answer['state'])}.`);
    },
  },
  {
    name: 'services rotate-key',
    takes: ['KEY'],
    options: { 'overlap-hours': OVERLAP },
    help: 'gives the service another key',
    async run(call) {
      const parameters = parametersOf(call, { 'overlap-hours': 'overlapHours' });
      const answer = await call.api.post(`${pathOf(call.given['KEY'])}/rotate-key`, parameters);
      call.report(answer, toldKey(answer['apiKey'], answer['oldKeyUntil']));
    },
  },
];

const COLUMNS = [
  'KEY',
  'MODE',
  'STATE',
  'PLAN',
  'NUMBER',
  'CONNECTION',
  'QUEUE',
  'EXPIRES',
  'AGENT',
];

function rowOf(service: Answer): unknown[] {
  return [
    service['apiKey'],
    service['mode'],
    service['state'],
    service['plan'],
    service['number'],
    service['connection'],
    service['queueDepth'],
    String(service['expiresAt']).slice(0, 10),
    service['agentId'],
  ];
}
