import type { Kysely } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import { dayOfMonth } from '../../domain/months.ts';
import { stepLife, type ServiceLife } from '../../domain/service-lifecycle.ts';
import type { Database } from '../../storage/database.ts';
import type { Schema } from '../../storage/schema.ts';
import {
  findKeyHolders,
  moveIn,
  waitForTurnToMove,
  type KeyHolder,
} from '../../storage/services/move-in.ts';
import type { FileLine } from './read-file.ts';
import { readLine, type MovedService, type Surroundings } from './read-line.ts';

/** A key in the forms that are stored. */
interface StoredKey {
  readonly fingerprint: Buffer;
  readonly prefix: string;
  readonly sealed: Buffer;
}

/** An import that somebody asks for. */
export interface ImportOrder extends Surroundings {
  readonly lines: readonly FileLine[];
  /** Of services without an agent; an agent's are of the agent's mode. */
  readonly mode: 'test' | 'live';
  /** Everything is judged and nothing is changed. */
  readonly isDryRun: boolean;
  /** Where links in events lead. */
  readonly baseUrl: string;
  readonly adopt: (apiKey: string) => StoredKey;
  readonly issueSecret: (serviceId: ServiceId) => Buffer;
}

/** A sentence about a line. */
export interface BadLine {
  readonly line: number;
  readonly message: string;
}

/** What became of a file: all of it, or nothing and why. */
export type ImportOutcome =
  | { readonly created: number; readonly unchanged: readonly number[] }
  | { readonly bad: readonly BadLine[] };

interface Newcomer {
  readonly line: number;
  readonly service: MovedService;
  readonly key: StoredKey;
}

/**
 * Takes services over from elsewhere, with their keys. Nothing is charged: their time was paid for.
 * All lines or none; a service that is here already stays as it is, so the same file again changes
 * nothing. Whose time is over comes suspended, and has the usual days until it is removed.
 */
export async function importServices(
  database: Database,
  order: ImportOrder,
): Promise<ImportOutcome> {
  const { newcomers, bad } = readLines(order);
  return await database.query.transaction().execute(async (transaction) => {
    await waitForTurnToMove(transaction);
    const fingerprints = newcomers.map(({ key }) => key.fingerprint);
    const holders = await findKeyHolders(transaction, fingerprints);
    const holderOf = ({ key }: Newcomer) => holders.get(key.fingerprint.toString('hex')) ?? null;
    for (const newcomer of newcomers) {
      const message = objectionTo(newcomer.service, holderOf(newcomer));
      if (message !== null) bad.push({ line: newcomer.line, message });
    }
    if (bad.length > 0) return { bad: bad.toSorted((one, other) => one.line - other.line) };
    const created = newcomers.filter((newcomer) => holderOf(newcomer) === null);
    if (!order.isDryRun) await create(transaction, created, order);
    const unchanged = newcomers.filter((newcomer) => holderOf(newcomer) !== null);
    return { created: created.length, unchanged: unchanged.map(({ line }) => line) };
  });
}

function readLines(order: ImportOrder): { newcomers: Newcomer[]; bad: BadLine[] } {
  const newcomers: Newcomer[] = [];
  const bad: BadLine[] = [];
  const lineOfKey = new Map<string, number>();
  for (const { line, written } of order.lines) {
    const read = readLine(written, order);
    if ('problems' in read) {
      bad.push(...read.problems.map((message) => ({ line, message })));
      continue;
    }
    const { service } = read;
    const earlier = lineOfKey.get(service.apiKey);
    if (earlier === undefined) {
      lineOfKey.set(service.apiKey, line);
      newcomers.push({ line, service, key: order.adopt(service.apiKey) });
    } else {
      bad.push({ line, message: `line ${earlier} has the same apiKey` });
    }
  }
  return { newcomers, bad };
}

/** Why a key can not be taken over, or null. */
function objectionTo({ agent }: MovedService, holder: KeyHolder | null): string | null {
  if (holder === null) return null;
  if (holder.kind === 'other') return 'this apiKey is in use here for something else';
  if (holder.isRemoved) return 'the service with this apiKey was removed here';
  if (holder.agentId !== (agent?.id ?? null)) {
    return 'there is a service with this apiKey, and it is not of this agent';
  }
  return null;
}

async function create(
  transaction: Kysely<Schema>,
  newcomers: readonly Newcomer[],
  order: ImportOrder,
): Promise<void> {
  const services = newcomers.map(({ service, key }) => ({
    agentId: service.agent?.id ?? null,
    mode: service.agent?.mode ?? order.mode,
    planId: service.planId,
    keyFingerprint: key.fingerprint,
    keyPrefix: key.prefix,
    keySealed: key.sealed,
    receivesMessages: service.receivesMessages,
    countryCode: service.countryCode,
    life: lifeOf(service.expiresAtMs, order.nowMs),
    phone: service.phone,
    webhookUrl: service.webhookUrl,
  }));
  await moveIn(transaction, services, order.issueSecret, order.baseUrl);
}

function lifeOf(expiresAtMs: number, nowMs: number): ServiceLife {
  const life: ServiceLife = {
    state: 'active',
    isSuspendedByHand: false,
    suspendedAtMs: null,
    expiresAtMs,
    billingDay: dayOfMonth(expiresAtMs),
  };
  const step = stepLife(life, { type: 'look' }, nowMs);
  return 'life' in step ? step.life : life;
}
