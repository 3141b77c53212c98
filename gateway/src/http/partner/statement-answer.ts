import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import type { AgentId } from '../../domain/ids.ts';
import { formatAmount } from '../../domain/money.ts';
import {
  readStatement,
  type StatementLine,
  type StatementRange,
} from '../../storage/ledger/read-statement.ts';
import { csvLine } from '../answers/csv.ts';
import type { Edge } from '../edge.ts';
import { single, type Parameters } from '../parameters/parameters.ts';

const LINES_MAX = 1000;
const LAST_MS = Date.UTC(9999, 11, 31);
const DAY_MS = 86_400_000;

const Line = Type.Object({
  position: Type.Integer({ description: 'Its place among the wallet’s entries, from 1.' }),
  transactionId: Type.Integer(),
  at: Type.String({ format: 'date-time' }),
  kind: Type.String({
    enum: ['top-up', 'create', 'renew', 'subscription', 'refund', 'reversal'],
  }),
  service: Type.String({ description: 'The first letters of the service’s key, or empty.' }),
  months: Type.Union([Type.Integer(), Type.Null()]),
  note: Type.String(),
  reverses: Type.Union([Type.Integer(), Type.Null()], {
    description: 'The transaction that this one takes back.',
  }),
  amount: Type.String({ examples: ['-5.00'] }),
  balance: Type.String({ description: 'What was in the wallet afterwards.', examples: ['95.00'] }),
});

/** An agent's statement as JSON. */
export const Statement = Type.Object({
  currency: Type.String({ examples: ['EUR'] }),
  entries: Type.Array(Line),
  next: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Ask again with this as `after` for the entries that follow; null: that is all.',
  }),
});

const COLUMNS = [
  'position',
  'transactionId',
  'at',
  'kind',
  'service',
  'months',
  'note',
  'reverses',
  'amount',
  'balance',
] as const satisfies (keyof Static<typeof Line>)[];

/**
 * Answers an agent's statement: a page of it as JSON, or the whole as CSV.
 * @throws Problem `invalid_parameter`
 */
export async function answerStatement(
  edge: Edge,
  agentId: AgentId,
  parameters: Parameters,
  reply: FastifyReply,
): Promise<FastifyReply | Static<typeof Statement>> {
  const format = single(parameters, 'format') ?? 'json';
  if (format !== 'json' && format !== 'csv') {
    throw new Problem('invalid_parameter', 'The format must be "json" or "csv".');
  }
  const range = readRange(parameters);
  if (format === 'csv') {
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="statement-${agentId}.csv"`)
      .send(Readable.from(csvOf(edge, agentId, range)));
  }
  const lines = await readStatement(edge.database.pool, agentId, range);
  const last = lines.length === range.countMax ? lines.at(-1) : undefined;
  return {
    currency: edge.catalogue.currency,
    entries: lines.map(describe),
    next: last?.position ?? null,
  };
}

async function* csvOf(edge: Edge, agentId: AgentId, range: StatementRange): AsyncGenerator<string> {
  yield csvLine([...COLUMNS, 'currency']);
  let { afterPosition } = range;
  for (;;) {
    const lines = await readStatement(edge.database.pool, agentId, { ...range, afterPosition });
    for (const line of lines) {
      const described = describe(line);
      yield csvLine([...COLUMNS.map((column) => described[column]), edge.catalogue.currency]);
    }
    const last = lines.at(-1);
    if (last === undefined || lines.length < range.countMax) return;
    afterPosition = last.position;
  }
}

function describe(line: StatementLine): Static<typeof Line> {
  return {
    ...line,
    at: line.at.toISOString(),
    service: line.servicePrefix ?? '',
    amount: formatAmount(line.amount),
    balance: formatAmount(line.balance),
  };
}

function readRange(parameters: Parameters): StatementRange {
  const after = single(parameters, 'after') ?? '0';
  if (!/^\d{1,15}$/.test(after)) {
    throw new Problem('invalid_parameter', 'The after must be the "next" of an answer.');
  }
  return {
    fromMs: readTime(parameters, 'from', 0) ?? 0,
    untilMs: readTime(parameters, 'until', DAY_MS) ?? LAST_MS,
    afterPosition: Number(after),
    countMax: LINES_MAX,
  };
}

/**
 * A day, or a time.
 * @param dayMs what a day without a time is moved by: the last day of a range is part of it
 */
function readTime(parameters: Parameters, name: string, dayMs: number): number | null {
  const written = single(parameters, name)?.trim() ?? '';
  if (written === '') return null;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(written);
  const atMs = isDay || /^\d{4}-\d\d-\d\dT/.test(written) ? Date.parse(written) : Number.NaN;
  if (Number.isNaN(atMs)) {
    throw new Problem(
      'invalid_parameter',
      `The ${name} must be a day such as "2026-01-31", in UTC.`,
    );
  }
  return isDay ? atMs + dayMs : atMs;
}
