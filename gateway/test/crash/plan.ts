import { CRASH_POINTS, type CrashPoint } from '../../src/runtime/crash-point.ts';
import { createDice, type Dice } from './dice.ts';

/**
 * How a round ends; `gateway` is the number of the one that is killed. A point is passed for the
 * `pass`-th time since the gateway started. A stalled process is stopped as by a machine that hangs
 * (SIGSTOP), for longer than its leases last, and goes on some rounds later.
 */
export type PlannedKill =
  | { readonly what: 'gateway' | 'both' | 'stall'; readonly gateway: number }
  | { readonly what: 'postgres' }
  | {
      readonly what: 'point';
      readonly gateway: number;
      readonly point: CrashPoint;
      readonly pass: number;
    };

/** A text that the client hands to the API. Accounts, contacts and groups are numbers from 0. */
export interface PlannedSend {
  readonly atMs: number;
  readonly account: number;
  readonly to: { readonly contact: number } | { readonly group: number };
  readonly text: string;
  /** After the request is made; null: at once. */
  readonly scheduledInMs: number | null;
  /** Bytes of the file that goes with it; null: none. */
  readonly fileBytes: number | null;
  /** The gateway that is asked first. */
  readonly gateway: number;
}

/** A text that a contact writes to an account, or into the account's group. */
export interface PlannedWriting {
  readonly atMs: number;
  readonly contact: number;
  readonly account: number;
  readonly isToGroup: boolean;
  readonly text: string;
  readonly addressingMode: 'pn' | 'lid';
}

/** What happens from the moment the gateway is ready until it is ready again. */
export interface PlannedRound {
  readonly kill: PlannedKill;
  /** After the round's begin; a kill at a point happens by itself. */
  readonly killAtMs: number;
  readonly sends: readonly PlannedSend[];
  readonly writings: readonly PlannedWriting[];
}

/** What a campaign is made of. */
export interface Cast {
  /** Gateway processes on one database. */
  readonly gateways: number;
  /** How many of 100 rounds end with a process that hangs. */
  readonly stallsPercent: number;
  readonly accounts: number;
  readonly contacts: number;
  /** Group `n` belongs to account `n`; its other members are `groupMembers(n)`. */
  readonly groups: number;
}

const GROUP_MEMBERS = 3;
const TRAFFIC_MS = 2500;
const KILL_MS_MAX = 3000;
const SENDS_PER_ROUND: [min: number, max: number] = [8, 24];
const WRITINGS_PER_ROUND: [min: number, max: number] = [4, 12];
const POINT_PASSES_MAX = 10;
const FILE_BYTES: [min: number, max: number] = [1, 60_000];

/** The contacts in a group. */
export function groupMembers(group: number, { contacts }: Cast): number[] {
  return Array.from({ length: GROUP_MEMBERS }, (_, index) => (group * 5 + index) % contacts);
}

/**
 * Plans a campaign: the same seed plans the same kills and the same texts, whatever happened.
 * @param mayKillPostgres false when the database is not the campaign's to kill
 */
export function planCampaign(
  seed: number,
  kills: number,
  cast: Cast,
  mayKillPostgres: boolean,
): PlannedRound[] {
  const dice = createDice(seed);
  const rounds: PlannedRound[] = [];
  let fresh: number | null = 0;
  for (let number = 0; number < kills; number += 1) {
    const kill = planKill(dice, cast, fresh, mayKillPostgres);
    // Points are told to a gateway when it starts, so only one that was just killed has one.
    fresh = kill.what === 'postgres' || kill.what === 'stall' ? null : kill.gateway;
    const name = `s${seed} r${number}`;
    rounds.push({
      kill,
      killAtMs: dice.between(20, KILL_MS_MAX),
      sends: planSends(dice, cast, name),
      writings: planWritings(dice, cast, name),
    });
  }
  return rounds;
}

function planKill(
  dice: Dice,
  { gateways, stallsPercent }: Cast,
  fresh: number | null,
  mayKillPostgres: boolean,
): PlannedKill {
  if (fresh !== null && dice.chance(50)) {
    const point = dice.pick(CRASH_POINTS);
    return { what: 'point', gateway: fresh, point, pass: dice.between(1, POINT_PASSES_MAX) };
  }
  const gateway = dice.between(0, gateways - 1);
  if (gateways > 1 && dice.chance(stallsPercent)) return { what: 'stall', gateway };
  const what = mayKillPostgres ? dice.pick(['gateway', 'postgres', 'both'] as const) : 'gateway';
  return what === 'postgres' ? { what } : { what, gateway };
}

function planSends(dice: Dice, cast: Cast, name: string): PlannedSend[] {
  const sends: PlannedSend[] = [];
  const count = dice.between(...SENDS_PER_ROUND);
  while (sends.length < count) {
    const account = dice.between(0, cast.accounts - 1);
    const atMs = dice.between(0, TRAFFIC_MS);
    const burst = dice.chance(25) ? dice.between(2, 5) : 1;
    for (let index = 0; index < burst; index += 1) {
      const isToGroup = account < cast.groups && dice.chance(15);
      sends.push({
        atMs,
        account,
        to: isToGroup ? { group: account } : { contact: dice.between(0, cast.contacts - 1) },
        text: `${name} out ${sends.length}`,
        scheduledInMs: dice.chance(15) ? dice.between(1000, 6000) : null,
        fileBytes: dice.chance(10) ? dice.between(...FILE_BYTES) : null,
        gateway: dice.between(0, cast.gateways - 1),
      });
    }
  }
  return sends;
}

function planWritings(dice: Dice, cast: Cast, name: string): PlannedWriting[] {
  const writings: PlannedWriting[] = [];
  const count = dice.between(...WRITINGS_PER_ROUND);
  while (writings.length < count) {
    const account = dice.between(0, cast.accounts - 1);
    const isToGroup = account < cast.groups && dice.chance(15);
    const contact = isToGroup
      ? dice.pick(groupMembers(account, cast))
      : dice.between(0, cast.contacts - 1);
    const atMs = dice.between(0, TRAFFIC_MS);
    const addressingMode = dice.pick(['pn', 'lid'] as const);
    const burst = dice.chance(25) ? dice.between(2, 3) : 1;
    for (let index = 0; index < burst; index += 1) {
      const text = `${name} in ${writings.length}`;
      writings.push({ atMs, contact, account, isToGroup, text, addressingMode });
    }
  }
  return writings;
}

/** A kill in a few words. */
export function describeKill(kill: PlannedKill): string {
  switch (kill.what) {
    case 'postgres':
      return 'postgres';
    case 'point':
      return `${kill.point}:${kill.pass} of ${kill.gateway}`;
    default:
      return `${kill.what} ${kill.gateway}`;
  }
}
