import { Client } from 'pg';
import { addMonths } from '../../src/domain/months.ts';
import type { Journal, PaidCall } from './journal.ts';

/** What the books must never say; each answers the rows that do. */
const BOOKS: Readonly<Record<string, string>> = {
  'all entries together sum to zero':
    'SELECT sum(amount_cents) AS sum FROM ledger_entries HAVING sum(amount_cents) <> 0',
  'each transaction sums to zero':
    'SELECT transaction_id FROM ledger_entries GROUP BY 1 HAVING sum(amount_cents) <> 0',
  'each transaction has two entries':
    'SELECT transaction_id FROM ledger_entries GROUP BY 1 HAVING count(*) <> 2',
  'each transaction of an amount has entries': `
    SELECT t.id FROM ledger_transactions t
    LEFT JOIN ledger_entries e ON e.transaction_id = t.id
    WHERE e.transaction_id IS NULL AND t.fingerprint <> 'top-up 0'`,
  'each balance is the sum of its entries': `
    SELECT a.id, a.balance_cents, coalesce(sum(e.amount_cents), 0) AS entries
    FROM ledger_accounts a LEFT JOIN ledger_entries e ON e.account_id = a.id
    WHERE a.kind = 'agent' GROUP BY a.id
    HAVING a.balance_cents <> coalesce(sum(e.amount_cents), 0)
        OR a.entries_count <> count(e.account_id)`,
  'no wallet was ever below zero':
    'SELECT account_id, position FROM ledger_entries WHERE balance_cents < 0',
  'each entry says the balance after it': `
    SELECT * FROM (
      SELECT account_id, position, balance_cents,
             sum(amount_cents) OVER (PARTITION BY account_id ORDER BY position) AS running,
             row_number() OVER (PARTITION BY account_id ORDER BY position) AS place
      FROM ledger_entries WHERE position IS NOT NULL) AS entries
    WHERE balance_cents <> running OR position <> place`,
  'each service was created by one transaction': `
    SELECT v.id, count(t.id) FROM services v
    LEFT JOIN ledger_transactions t ON t.service_id = v.id AND t.kind = 'create'
    WHERE v.agent_id IS NOT NULL GROUP BY v.id HAVING count(t.id) <> 1`,
  'each charge is its months times the price': `
    SELECT t.id FROM ledger_transactions t
    JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
    WHERE a.kind = 'agent' AND t.months IS NOT NULL AND e.amount_cents <> -500 * t.months`,
};

/** A second here, a second there: the clocks of a campaign's parts. */
const TOLERANCE_MS = 36 * 60 * 60 * 1000;

interface LedgerRow {
  readonly id: number;
  readonly kind: string;
  readonly name: string | null;
  readonly agent: number;
  readonly service: number | null;
  readonly months: number | null;
  readonly amount: number;
  readonly balance: number;
  readonly reverses: number | null;
  readonly atMs: number;
}

interface ServiceRow {
  readonly id: number;
  readonly fingerprint: string;
  readonly state: string;
  readonly expiresAtMs: number;
  readonly billingDay: number;
}

/** What was found in the database. */
export interface Audit {
  readonly breaches: readonly string[];
  readonly transactions: number;
  readonly services: number;
  /** Of all wallets, cents. */
  readonly drift: number;
}

/**
 * Compares the books with themselves, with the services, and with what the clients know.
 * @param fingerprintOf what a service's key is looked up by, hexadecimal
 */
export async function audit(
  databaseUrl: string,
  journal: Journal,
  fingerprintOf: (apiKey: string) => string,
): Promise<Audit> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const breaches = [...journal.breaches];
    for (const [promise, query] of Object.entries(BOOKS)) {
      const { rows } = await client.query(query);
      if (rows.length > 0)
        breaches.push(`${promise}: ${rows.length} do not, e.g. ${JSON.stringify(rows[0])}`);
    }
    const { rows: ledger } = await client.query<LedgerRow>(LEDGER);
    const { rows: services } = await client.query<ServiceRow>(SERVICES);
    const { rows: drifts } = await client.query<{ drift: number }>(DRIFT);
    const byFingerprint = new Map(services.map((service) => [service.fingerprint, service]));
    const find = (apiKey: string | null): ServiceRow | undefined =>
      apiKey === null ? undefined : byFingerprint.get(fingerprintOf(apiKey));
    breaches.push(
      ...checkPaidTime(services, ledger),
      ...checkNamedCalls(journal, ledger, find),
      ...checkNamelessCalls(journal, ledger, find),
      ...checkReversals(journal, ledger),
      ...checkRemovals(journal, find),
    );
    const drift = drifts[0]?.drift ?? 0;
    return { breaches, transactions: ledger.length, services: services.length, drift };
  } finally {
    await client.end();
  }
}

const LEDGER = `
  SELECT t.id, t.kind, t.idempotency_key AS name, a.agent_id AS agent, t.service_id AS service,
         t.months, e.amount_cents AS amount, e.balance_cents AS balance, t.reverses,
         (extract(epoch FROM t.created_at) * 1000)::float8 AS "atMs"
  FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
  JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'agent' ORDER BY t.id`;

const SERVICES = `
  SELECT id, encode(key_fingerprint, 'hex') AS fingerprint, state, billing_day AS "billingDay",
         (extract(epoch FROM expires_at) * 1000)::float8 AS "expiresAtMs"
  FROM services WHERE agent_id IS NOT NULL`;

const DRIFT = `
  SELECT coalesce(sum(abs(a.balance_cents - coalesce(e.sum, 0))), 0)::float8 AS drift
  FROM ledger_accounts a
  LEFT JOIN (SELECT account_id, sum(amount_cents) FROM ledger_entries GROUP BY 1) e
    ON e.account_id = a.id
  WHERE a.kind = 'agent'`;

/** Plays what was bought and taken back again, and compares the end with the service's. */
function checkPaidTime(services: readonly ServiceRow[], ledger: readonly LedgerRow[]): string[] {
  const ends = new Map<number, number>();
  const billingDays = new Map(services.map(({ id, billingDay }) => [id, billingDay]));
  const removed = new Set(services.filter(({ state }) => state === 'removed').map(({ id }) => id));
  for (const { service, months, atMs } of ledger) {
    if (service === null || months === null) continue;
    const end = ends.get(service) ?? atMs;
    const from = months > 0 ? Math.max(end, atMs) : end;
    ends.set(service, addMonths(from, months, billingDays.get(service) ?? 1));
  }
  return services
    .filter(({ id, expiresAtMs }) => {
      // What a removed service's charges bought may come back without its time.
      if (removed.has(id)) return (ends.get(id) ?? 0) > expiresAtMs + TOLERANCE_MS;
      return Math.abs((ends.get(id) ?? 0) - expiresAtMs) > TOLERANCE_MS;
    })
    .map(({ id }) => `the months of service ${id} are not those that were paid`);
}

const nameOf = (call: PaidCall): string => `${call.kind}:${call.agent}:${call.key}`;

/** Every call with a key that was answered with success is one transaction, and no other has a name. */
function checkNamedCalls(
  journal: Journal,
  ledger: readonly LedgerRow[],
  find: (apiKey: string | null) => ServiceRow | undefined,
): string[] {
  const named = new Map(ledger.map((row) => [row.name, row]));
  const calls = journal.calls.filter(({ key }) => key !== null);
  const asked = new Set(calls.map(nameOf));
  const breaches = ledger
    .filter(({ name, kind }) => name !== null && kind !== 'reversal' && !asked.has(name))
    .map(({ name }) => `nobody asked for ${name}`);
  for (const call of calls) {
    const name = nameOf(call);
    const row = named.get(name);
    if (call.done > 1) breaches.push(`${name} was answered as new ${call.done} times`);
    if (call.credits.size > 1) breaches.push(`${name} has several answers`);
    if (row === undefined) {
      if (call.done + call.replays > 0)
        breaches.push(`${name} was answered with ok and is not there`);
      continue;
    }
    if (call.done + call.replays + call.unknown === 0)
      breaches.push(`${name} was refused and is there`);
    const service = find(call.apiKey);
    const isRight =
      call.kind === 'top-up'
        ? row.amount === call.quantity
        : row.months === call.quantity && (call.apiKey === null || row.service === service?.id);
    if (!isRight) breaches.push(`${name} is not what was asked for`);
    const credit = (row.balance / 100).toFixed(2);
    if (call.credits.size === 1 && !call.credits.has(credit))
      breaches.push(`${name} told a wrong credit`);
  }
  return breaches;
}

const sameAs = (kind: string, agent: number, service: number | string, quantity: number): string =>
  `${kind} of agent ${agent}, service ${kind === 'renew' ? service : '-'}, ${quantity}`;

/** Calls without a key, counted: so many as were answered, and at most the unknown ones more. */
function checkNamelessCalls(
  journal: Journal,
  ledger: readonly LedgerRow[],
  find: (apiKey: string | null) => ServiceRow | undefined,
): string[] {
  const expected = new Map<string, { done: number; unknown: number; found: number }>();
  const of = (name: string) => {
    const counts = expected.get(name) ?? { done: 0, unknown: 0, found: 0 };
    expected.set(name, counts);
    return counts;
  };
  for (const call of journal.calls.filter(({ key }) => key === null)) {
    const service = find(call.apiKey)?.id ?? '?';
    const counts = of(sameAs(call.kind, call.agent, service, call.quantity));
    counts.done += call.done;
    counts.unknown += call.unknown;
  }
  for (const { name, kind, agent, service, months, amount } of ledger) {
    if (name !== null || kind === 'reversal') continue;
    of(sameAs(kind, agent, service ?? '?', months ?? amount)).found += 1;
  }
  return [...expected]
    .filter(([, { done, unknown, found }]) => found < done || found > done + unknown)
    .map(([name, counts]) => `${name}: ${JSON.stringify(counts)}`);
}

function checkReversals(journal: Journal, ledger: readonly LedgerRow[]): string[] {
  const byId = new Map(ledger.map((row) => [row.id, row]));
  const reversals = new Map(ledger.map((row) => [row.reverses, row]));
  const breaches = [...journal.reversed]
    .filter((id) => !reversals.has(id))
    .map((id) => `the reversal of ${id} was answered with ok and is not there`);
  for (const row of ledger) {
    if (row.reverses === null) continue;
    const original = byId.get(row.reverses);
    const isOpposite =
      original?.amount === -row.amount &&
      original.agent === row.agent &&
      original.reverses === null;
    if (!isOpposite) breaches.push(`${row.id} is not the opposite of ${row.reverses}`);
  }
  return breaches;
}

function checkRemovals(
  journal: Journal,
  find: (apiKey: string | null) => ServiceRow | undefined,
): string[] {
  return [...journal.removed]
    .filter((apiKey) => find(apiKey)?.state !== 'removed')
    .map(() => 'a removal was answered with ok and the service is there');
}
