import { waitUntil } from '../harness/wait-until.ts';
import type { CrashWorld } from './crash-world.ts';
import type { Ledger } from './ledger.ts';

const REQUESTS_AT_ONCE = 8;
const SETTLE_MS_MAX = 180_000;

/** What a phone has shown its owner, as far as the comparison looks at it. */
export interface Shown {
  readonly text: string;
  readonly from: string;
  readonly at: number;
  readonly wireCopies: number;
  readonly media: { readonly sha256: string } | null;
}

/** How the API says a message stands. */
interface Standing {
  readonly text: string;
  readonly status: string;
  readonly statusInfo: string;
  readonly delivery: string;
}

/** The simulator's counts that say something about a client. */
interface WorldStats {
  readonly logins: number;
  readonly overlappingSockets: number;
  readonly undecryptable: number;
  readonly reusedRatchetCounters: number;
  readonly retriesAskedByPhones: number;
  readonly retriesAskedByDevices: number;
  readonly negativeAcks: number;
  readonly internalErrors: number;
  readonly lastError: string | null;
  readonly messagesByWireId: { readonly ids: number; readonly copies: number };
}

/** Everything there is to compare, after the dust has settled. */
export interface Evidence {
  /** By phone. */
  readonly shown: ReadonlyMap<string, readonly Shown[]>;
  /** By message id, as `getStatus` tells. */
  readonly standings: ReadonlyMap<number, Standing>;
  /** By message id, as `sentMessages` tells. */
  readonly listed: ReadonlyMap<number, Standing>;
  /** The texts in `receivedMessages`, by account. */
  readonly received: readonly (readonly string[])[];
  readonly stats: WorldStats;
}

/** How a campaign came to rest. */
export interface Rest {
  /** Whether everything arrived. */
  readonly hasSettled: boolean;
  /** Messages that were in the hands of three processes in a row when they died. */
  readonly setAside: number;
}

/**
 * Waits until everything has arrived that should, or nothing has moved for `stillMs`: whatever is
 * missing then shows in the comparison. A message that seems to kill whoever touches it is set
 * aside and says so; as an operator would, the campaign has it sent again.
 */
export async function settle(world: CrashWorld, ledger: Ledger, stillMs: number): Promise<Rest> {
  const setAside = new Set<number>();
  let seen = '';
  let seenAtMs = performance.now();
  const missing = async (): Promise<number> => {
    const standings = await listStandings(world);
    const received = await Promise.all(world.apiKeys.map((key) => listReceived(world, key)));
    const texts = received.map((list) => new Set(list));
    const unread = ledger.acknowledged.filter(({ id }) => standings.get(id)?.delivery !== 'read');
    for (const { id, account } of unread) {
      if (standings.get(id)?.statusInfo !== 'poison' || setAside.has(id)) continue;
      setAside.add(id);
      await world.ask(`/messages/${world.apiKeys[account]}/${id}/resend`, new URLSearchParams());
    }
    const unseen = ledger.written.filter(({ account, text }) => !texts[account]?.has(text));
    const now = JSON.stringify([unread, unseen]);
    if (now !== seen) seenAtMs = performance.now();
    seen = now;
    return unread.length + unseen.length;
  };
  const hasRested = async (): Promise<boolean> =>
    (await missing()) === 0 || performance.now() - seenAtMs > stillMs;
  await waitUntil('everything to arrive', hasRested, SETTLE_MS_MAX);
  // What is on its way a second time would come now.
  await waitUntil('the wires to be silent', () => isSilent(world), SETTLE_MS_MAX);
  return { hasSettled: (await missing()) === 0, setAside: setAside.size };
}

async function isSilent(world: CrashWorld): Promise<boolean> {
  const { json } = await world.askSimulator('/simulator/stats');
  const { scheduled, unacknowledged } = json.stanzasWaiting as Record<string, number>;
  return scheduled === 0 && unacknowledged === 0;
}

/** Reads what every side says. */
export async function gatherEvidence(world: CrashWorld, ledger: Ledger): Promise<Evidence> {
  const shown = await inParallel(world.contactPhones, async (phone) => {
    const { json } = await world.askSimulator(`/simulator/phones/${phone}/messages`);
    return [phone, json as Shown[]] as const;
  });
  const standings = await inParallel(ledger.acknowledged, async ({ id, account }) => {
    const { json } = await world.ask(`/getStatus/${world.apiKeys[account]}?id=${id}`);
    return [id, json as Standing] as const;
  });
  const received = await inParallel(world.apiKeys, (apiKey) => listReceived(world, apiKey));
  const { json: stats } = await world.askSimulator('/simulator/stats');
  return {
    shown: new Map(shown),
    standings: new Map(standings),
    listed: await listStandings(world),
    received,
    stats: stats as WorldStats,
  };
}

async function listStandings(world: CrashWorld): Promise<Map<number, Standing>> {
  const standings = new Map<number, Standing>();
  for (const apiKey of world.apiKeys) {
    type Row = { id: string; message: string } & Omit<Standing, 'text'>;
    for (const row of await listAll<Row>(world, `/sentMessages/${apiKey}`)) {
      const { message: text, status, statusInfo, delivery } = row;
      standings.set(Number(row.id), { text, status, statusInfo, delivery });
    }
  }
  return standings;
}

async function listReceived(world: CrashWorld, apiKey: string): Promise<string[]> {
  const rows = await listAll<{ message: string }>(world, `/receivedMessages/${apiKey}`);
  return rows.map(({ message }) => message);
}

async function listAll<Row>(world: CrashWorld, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let page = 1; ; page += 1) {
    const { status, json, text } = await world.ask(`${path}?page=${page}`);
    if (status !== 200) throw new Error(`${path} was answered with ${status}: ${text}`);
    rows.push(...(json.data as Row[]));
    if (page >= json.pageCount) return rows;
  }
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += REQUESTS_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + REQUESTS_AT_ONCE).map(work))));
  }
  return results;
}
