import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { waitUntil } from '../harness/wait-until.ts';
import { compare, type Breach } from './compare.ts';
import { CrashWorld } from './crash-world.ts';
import { gatherEvidence, settle, type Evidence, type Rest } from './evidence.ts';
import type { GatewaySeat } from './gateway-seat.ts';
import { Ledger } from './ledger.ts';
import { describeKill, planCampaign, type Cast, type PlannedRound } from './plan.ts';
import { Traffic } from './traffic.ts';

/** A point that is not passed by then is not passed in this life. */
const POINT_WITHIN_MS = 5000;
/** Longer than WhatsApp's answer may take before a connection is given up. */
const STILL_MS = 60_000;
/** A process that hangs this long has lost its leases to another. */
const STALL_MS = 45_000;

/** What to do. */
export interface CampaignOrder {
  readonly seed: number;
  readonly kills: number;
  /** Everything the campaign makes is below it; must be empty. */
  readonly folder: string;
  /** How many gateways share the database. */
  readonly gateways: number;
  /** How many of 100 rounds end with one of several gateways hanging instead of dead. */
  readonly stallsPercent: number;
  /** Null: a PostgreSQL of the campaign's own, which is killed too. */
  readonly databaseUrl: string | null;
  readonly logLevel: string;
  /** No further kill after this time, so that a campaign can be given a length; null: all of them. */
  readonly killForMs: number | null;
  say(line: string): void;
}

/** A kill that was carried out. */
interface CarriedOut {
  readonly round: number;
  readonly planned: string;
  /** What was killed; a point that was not passed is a kill of the gateway at some time. */
  readonly killed: string;
  /** Which gateway of its seat it was; null for the database. */
  readonly life: number | null;
}

/** What a campaign has found. */
export interface CampaignResult extends Rest {
  readonly kills: readonly CarriedOut[];
  readonly known: Ledger;
  readonly evidence: Evidence;
  readonly breaches: readonly Breach[];
  readonly durationMs: number;
}

const CAST: Omit<Cast, 'gateways' | 'stallsPercent'> = { accounts: 4, contacts: 20, groups: 2 };

/**
 * Runs a campaign: rounds of traffic, each ended by a kill and a restart, then rest, then the
 * comparison.
 */
export async function runCampaign(order: CampaignOrder): Promise<CampaignResult> {
  const startedMs = performance.now();
  const { seed, kills, gateways, stallsPercent, folder, databaseUrl, logLevel } = order;
  const cast = { ...CAST, gateways, stallsPercent };
  // The server's process is known for certain by proc(5) only.
  const mayKillPostgres = databaseUrl === null && process.platform === 'linux';
  const rounds = planCampaign(seed, kills, cast, mayKillPostgres);
  await using world = await CrashWorld.start({ folder, cast, databaseUrl, logLevel });
  using ledger = new Ledger(join(folder, 'acknowledged.jsonl'));
  const traffic = new Traffic(world, ledger, cast);
  const carriedOut: CarriedOut[] = [];
  const deaths: Breach[] = [];
  const stalls = new Stalls();
  const asked: Promise<void>[] = [];
  await startFor(world, rounds[0]);
  for (const [number, round] of rounds.entries()) {
    if (performance.now() - startedMs > (order.killForMs ?? Infinity)) break;
    // Not waited for: what is asked again may be what kills the next one.
    asked.push(traffic.run(round, number));
    const { killed, life } = await killAsPlanned(world, round, stalls);
    carriedOut.push({ round: number, planned: describeKill(round.kill), killed, life });
    order.say(
      `kill ${number + 1} of ${kills}: ${killed}, ${ledger.acknowledged.length} acknowledged`,
    );
    if (killed === 'postgres') {
      await Promise.all(world.seats.map((seat) => world.waitUntilReady(seat)));
    }
    deaths.push(...findDeaths(world, number));
    await startFor(world, rounds[number + 1]);
    stalls.endLong();
  }
  // The last one may have been told to kill itself at a point.
  stalls.endAll();
  for (const seat of world.seats) {
    await seat.stop();
    await seat.start(null);
  }
  await Promise.all(asked);
  order.say('waiting for everything to settle');
  const rest = await settle(world, ledger, STILL_MS);
  const evidence = await gatherEvidence(world, ledger);
  return {
    kills: carriedOut,
    known: ledger,
    evidence,
    ...rest,
    breaches: [...deaths, ...compare(ledger, evidence, stalls.count)],
    durationMs: performance.now() - startedMs,
  };
}

/** Gateways that hang. */
class Stalls {
  /** How many there were. */
  count = 0;
  readonly #sinceMs = new Map<GatewaySeat, number>();

  begin(seat: GatewaySeat): void {
    this.count += 1;
    seat.stall();
    this.#sinceMs.set(seat, performance.now());
  }

  /** Those that have hung for long enough go on. */
  endLong(): void {
    for (const [seat, sinceMs] of this.#sinceMs) {
      if (performance.now() - sinceMs < STALL_MS) continue;
      seat.goOn();
      this.#sinceMs.delete(seat);
    }
  }

  endAll(): void {
    for (const seat of this.#sinceMs.keys()) seat.goOn();
    this.#sinceMs.clear();
  }
}

/** A gateway that ended by itself has an exit code; one that was killed has none. */
function findDeaths(world: CrashWorld, round: number): Breach[] {
  return world.seats.flatMap(({ number, lives, process: gateway }) => {
    const exitCode = gateway?.child.exitCode ?? null;
    if (exitCode === null) return [];
    const detail = `life ${lives} of gateway ${number} ended with code ${exitCode}`;
    return [{ promise: 'gateway died', round, detail }];
  });
}

/**
 * Starts what is dead, for a round; at the end of the campaign, for good. One of several is not
 * waited for: the others go on without it.
 */
async function startFor(world: CrashWorld, round: PlannedRound | undefined): Promise<void> {
  for (const seat of world.seats) {
    const isToDie = round?.kill.what === 'point' && round.kill.gateway === seat.number;
    if (isToDie && seat.isRunning) await seat.stop();
    const started = seat.start(isToDie ? crashPointOf(round.kill) : null);
    if (world.seats.length === 1 || isToDie) await started;
  }
}

function crashPointOf(kill: PlannedRound['kill']): string | null {
  return kill.what === 'point' ? `${kill.point}:${kill.pass}` : null;
}

/** @returns what was killed, and the life that it ended */
async function killAsPlanned(
  world: CrashWorld,
  { kill, killAtMs }: PlannedRound,
  stalls: Stalls,
): Promise<{ killed: string; life: number | null }> {
  if (kill.what === 'postgres') {
    await delay(killAtMs);
    await world.killPostgres();
    return { killed: 'postgres', life: null };
  }
  const seat = world.seat(kill.gateway);
  await seat.started();
  const life = seat.lives;
  if (kill.what === 'point') {
    const isDead = await waitUntil('the point', () => !seat.isRunning, POINT_WITHIN_MS).catch(
      () => false,
    );
    if (isDead) return { killed: describeKill(kill), life };
    await seat.kill();
    return { killed: `gateway ${kill.gateway} (${describeKill(kill)} was not passed)`, life };
  }
  await delay(killAtMs);
  if (kill.what === 'stall') stalls.begin(seat);
  else if (kill.what === 'gateway') await seat.kill();
  else {
    // While its owner lives: it is known by that.
    await world.killPostgres();
    await seat.kill();
  }
  return { killed: describeKill(kill), life };
}
