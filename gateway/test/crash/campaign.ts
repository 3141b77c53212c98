import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { waitUntil } from '../harness/wait-until.ts';
import { compare, type Breach } from './compare.ts';
import { CrashWorld } from './crash-world.ts';
import { gatherEvidence, settle, type Evidence } from './evidence.ts';
import { Ledger } from './ledger.ts';
import { describeKill, planCampaign, type Cast, type PlannedRound } from './plan.ts';
import { Traffic } from './traffic.ts';

/** A point that is not passed by then is not passed in this life. */
const POINT_WITHIN_MS = 5000;
/** Longer than WhatsApp's answer may take before a connection is given up. */
const STILL_MS = 30_000;

/** What to do. */
export interface CampaignOrder {
  readonly seed: number;
  readonly kills: number;
  /** Everything the campaign makes is below it; must be empty. */
  readonly folder: string;
  /** Null: an embedded PostgreSQL, which is killed too. */
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
  /** The number of the gateway process that was killed, or whose database was. */
  readonly life: number;
}

/** What a campaign has found. */
export interface CampaignResult {
  readonly kills: readonly CarriedOut[];
  readonly known: Ledger;
  readonly evidence: Evidence;
  readonly hasSettled: boolean;
  readonly breaches: readonly Breach[];
  readonly durationMs: number;
}

const CAST: Cast = { accounts: 4, contacts: 20, groups: 2 };

/**
 * Runs a campaign: rounds of traffic, each ended by a kill and a restart, then rest, then the
 * comparison.
 */
export async function runCampaign(order: CampaignOrder): Promise<CampaignResult> {
  const startedMs = performance.now();
  const { seed, kills, folder, databaseUrl, logLevel } = order;
  // The server's process is known for certain by proc(5) only.
  const mayKillPostgres = databaseUrl === null && process.platform === 'linux';
  const rounds = planCampaign(seed, kills, CAST, mayKillPostgres);
  await using world = await CrashWorld.start({ folder, cast: CAST, databaseUrl, logLevel });
  using ledger = new Ledger(join(folder, 'acknowledged.jsonl'));
  const traffic = new Traffic(world, ledger, CAST);
  const carriedOut: CarriedOut[] = [];
  const deaths: Breach[] = [];
  await startFor(world, rounds[0]);
  for (const [number, round] of rounds.entries()) {
    const isTimeUp = performance.now() - startedMs > (order.killForMs ?? Infinity);
    if (isTimeUp) break;
    const { lives, gateway } = world;
    const running = traffic.run(round, number);
    const killed = await killAsPlanned(world, round);
    carriedOut.push({ round: number, planned: describeKill(round.kill), killed, life: lives });
    order.say(
      `kill ${number + 1} of ${kills}: ${killed}, ${ledger.acknowledged.length} acknowledged`,
    );
    if (killed === 'postgres') await world.waitUntilReady();
    // Who was killed has no exit code.
    const exitCode = gateway?.child.exitCode ?? null;
    if (exitCode !== null) {
      const detail = `life ${lives} ended with code ${exitCode}`;
      deaths.push({ promise: 'gateway died', round: number, detail });
    }
    await startFor(world, rounds[number + 1]);
    await running;
  }
  // The last one may have been told to kill itself at a point.
  await world.gateway?.stop();
  await world.startGateway(null);
  order.say('waiting for everything to settle');
  const hasSettled = await settle(world, ledger, STILL_MS);
  const evidence = await gatherEvidence(world, ledger);
  return {
    kills: carriedOut,
    known: ledger,
    evidence,
    hasSettled,
    breaches: [...deaths, ...compare(ledger, evidence)],
    durationMs: performance.now() - startedMs,
  };
}

/** Starts the gateway for a round; at the end of the campaign, for good. */
async function startFor(world: CrashWorld, round: PlannedRound | undefined): Promise<void> {
  if (world.gateway?.isRunning === true) {
    if (round?.kill.what !== 'point') return;
    await world.gateway.stop();
  }
  const isAtPoint = round?.kill.what === 'point';
  await world.startGateway(isAtPoint ? describeKill(round.kill) : null);
}

/** @returns what was killed */
async function killAsPlanned(world: CrashWorld, round: PlannedRound): Promise<string> {
  const { kill, killAtMs } = round;
  const { gateway } = world;
  if (gateway === null) throw new Error('there is no gateway to kill');
  if (kill.what === 'point') {
    const isDead = await waitUntil('the point', () => !gateway.isRunning, POINT_WITHIN_MS).catch(
      () => false,
    );
    if (isDead) return describeKill(kill);
    await gateway.kill();
    return `gateway (${describeKill(kill)} was not passed)`;
  }
  await delay(killAtMs);
  if (kill.what === 'gateway') await gateway.kill();
  else await world.killPostgres(kill.what === 'both');
  return kill.what;
}
