import type { Answer } from './admin-api.ts';
import { neededOption, OVERLAP, parametersOf, toldKey, type Command } from './command.ts';
import { Failure } from './failure.ts';
import { drawTable } from './terminal.ts';

const IDEMPOTENCY_KEY = {
  type: 'string',
  value: 'KEY',
  help: 'the same key never pays twice',
} as const;

/** What the operator does with resellers and their wallets. */
export const AGENT_COMMANDS: readonly Command[] = [
  {
    name: 'agents list',
    takes: [],
    help: 'every agent with its wallet',
    async run({ api, report }) {
      const agents = (await api.get('/admin/agents')) as Answer[];
      const columns = ['AGENT', 'NAME', 'MODE', 'KEY', 'CREDIT', 'SERVICES'];
      const rows = agents.map((agent) => [
        agent['agentId'],
        agent['name'],
        agent['mode'],
        `${String(agent['keyPrefix'])}-...`,
        agent['credit'],
        agent['serviceCount'],
      ]);
      report(agents, drawTable(columns, rows));
    },
  },
  {
    name: 'agents create',
    takes: ['NAME'],
    options: {
      credit: { type: 'string', value: 'AMOUNT', help: 'what the wallet begins with' },
      mode: { type: 'string', value: 'live|test', help: 'what its services are; live' },
    },
    help: 'makes an agent; its key is shown this once',
    async run(call) {
      const parameters = parametersOf(call, { credit: 'credit', mode: 'mode' });
      const answer = await call.api.post('/admin/agents', {
        name: call.given['NAME'],
        ...parameters,
      });
      call.report(
        answer,
        `Agent ${String(answer['agentId'])}. Its key, shown this once: ${String(answer['agentKey'])}`,
      );
    },
  },
  {
    name: 'agents credit',
    takes: ['AGENT', 'AMOUNT'],
    options: { 'idempotency-key': IDEMPOTENCY_KEY },
    help: 'puts money into the wallet',
    async run(call) {
      const answer = await call.api.post(`${pathOf(call.given)}/credit`, {
        amount: call.given['AMOUNT'],
        ...parametersOf(call, { 'idempotency-key': 'idempotencyKey' }),
      });
      call.report(answer, `The credit is ${String(answer['credit'])} now.`);
    },
  },
  {
    name: 'agents subscribe',
    takes: ['AGENT'],
    options: {
      cycle: { type: 'string', value: 'MONTHS', help: '1, 3, 6 or 12', isNeeded: true },
      'paid-outside': { type: 'boolean', help: 'nothing is taken from the wallet' },
      'idempotency-key': IDEMPOTENCY_KEY,
    },
    help: 'sells the agent months of its own subscription',
    async run(call) {
      const answer = await call.api.post(`${pathOf(call.given)}/subscription`, {
        cycle: neededOption(call, 'cycle'),
        paidOutside: call.options['paid-outside'] === true,
        ...parametersOf(call, { 'idempotency-key': 'idempotencyKey' }),
      });
      call.report(answer, `The subscription ends at ${String(answer['subscriptionEndsAt'])}.`);
    },
  },
  {
    name: 'agents statement',
    takes: ['AGENT'],
    options: {
      from: { type: 'string', value: 'DAY', help: 'such as 2026-01-31, in UTC' },
      until: { type: 'string', value: 'DAY', help: 'the last day' },
      csv: { type: 'boolean', help: 'as CSV' },
    },
    help: 'what went into the wallet and out of it',
    async run(call) {
      const query = new URLSearchParams(parametersOf(call, { from: 'from', until: 'until' }));
      const path = `${pathOf(call.given)}/statement`;
      if (call.options['csv'] === true) {
        query.set('format', 'csv');
        const csv = await call.api.text(`${path}?${query.toString()}`);
        call.terminal.print(csv.trimEnd());
        return;
      }
      const entries: Answer[] = [];
      let page: Answer;
      do {
        page = (await call.api.get(`${path}?${query.toString()}`)) as Answer;
        entries.push(...(page['entries'] as Answer[]));
        query.set('after', String(page['next']));
      } while (page['next'] !== null);
      const { currency } = page;
      const columns = ['ID', 'AT', 'KIND', 'SERVICE', 'MONTHS', 'AMOUNT', 'BALANCE', 'NOTE'];
      const fields = [
        'transactionId',
        'at',
        'kind',
        'service',
        'months',
        'amount',
        'balance',
        'note',
      ];
      const rows = entries.map((entry) => fields.map((field) => entry[field]));
      call.report({ currency, entries }, `${drawTable(columns, rows)}\n(${String(currency)})`);
    },
  },
  {
    name: 'agents reverse',
    takes: ['AGENT', 'ID'],
    options: { note: { type: 'string', value: 'TEXT', help: 'for whoever reads the statement' } },
    help: 'takes a transaction of the statement back, with the months it bought',
    async run(call) {
      const answer = await call.api.post(`${pathOf(call.given)}/reversals`, {
        transactionId: call.given['ID'],
        ...parametersOf(call, { note: 'note' }),
      });
      call.report(answer, `It is taken back. The credit is ${String(answer['credit'])} now.`);
    },
  },
  {
    name: 'agents rotate-key',
    takes: ['AGENT'],
    options: { 'overlap-hours': OVERLAP },
    help: 'gives the agent another key, shown this once',
    async run(call) {
      const parameters = parametersOf(call, { 'overlap-hours': 'overlapHours' });
      const answer = await call.api.post(`${pathOf(call.given)}/rotate-key`, parameters);
      call.report(answer, toldKey(answer['agentKey'], answer['oldKeyUntil']));
    },
  },
  {
    name: 'agents webhook',
    takes: ['AGENT'],
    options: {
      set: { type: 'string', value: 'URL', help: 'where its services’ events go from now on' },
      remove: { type: 'boolean', help: 'they go nowhere any more' },
      test: { type: 'boolean', help: 'posts an event that says it is a test' },
    },
    help: 'where the agent is told of its services; shows, sets, tests or removes it',
    async run(call) {
      const path = `${pathOf(call.given)}/webhook`;
      const { set, remove, test } = call.options;
      if (set !== undefined) await call.api.post(`${path}/set`, { url: String(set) });
      if (remove === true) await call.api.post(`${path}/remove`);
      if (test === true) {
        const tested = await call.api.post(`${path}/test`);
        if (tested['delivered'] !== true) {
          const why = tested['failure'] === 'status' ? tested['httpStatus'] : tested['failure'];
          throw new Failure('refused', `The test was not delivered: ${String(why)}.`);
        }
      }
      const { webhook } = (await call.api.get(`${path}/deliveries`)) as Answer;
      const { secret } = isSet(webhook) ? await call.api.post(`${path}/secret`) : { secret: null };
      const shown = { ...(webhook as Answer | null), secret };
      call.report(
        shown,
        isSet(webhook) ? drawTable(['', ''], Object.entries(shown)).trimStart() : 'None is set.',
      );
    },
  },
];

function isSet(webhook: unknown): boolean {
  return (webhook as Answer | null)?.['url'] !== undefined && (webhook as Answer)['url'] !== '';
}

function pathOf(given: Readonly<Record<string, string>>): string {
  const agent = given['AGENT'] ?? '';
  if (!/^\d{1,15}$/.test(agent)) {
    throw new Failure('misused', `"${agent}" is no agent's number; "agents list" shows them.`);
  }
  return `/admin/agents/${agent}`;
}
