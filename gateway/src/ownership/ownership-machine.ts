import type { Lease } from '../domain/lease.ts';
import { shareOut, type Census, type Mode } from './fair-share.ts';
import { observePeers } from './observe-peers.ts';
import {
  FRESH,
  type Gained,
  type Holding,
  type OwnershipEffect,
  type OwnershipEvent,
  type OwnershipModel,
  type OwnershipStep,
} from './ownership-model.ts';
import { ALONE_MS_MAX, type OwnershipTimes } from './ownership-times.ts';

/** The most accounts gained in one look, of each mode. */
const GAIN_MAX = 20;
const GIVE_AWAY_MAX = 5;
const RETRY_MS = 1000;
const UNCLAIMED_MS = 15_000;
const SHARING_RESTS_MS = 600_000;
/** Longer than WhatsApp gives the codes of one try. */
const LINKING_MS_MAX = 300_000;

/** A worker before its first step. */
export const OUTSIDE: OwnershipStep = enter({
  ...FRESH,
  phase: 'entering',
  run: 0,
  sharesAgainAtMs: -Infinity,
});

/** Whether a new socket may be opened under the lease. */
export function mayOpen(
  model: OwnershipModel,
  lease: Lease,
  nowMs: number,
  times: OwnershipTimes,
): boolean {
  return nowMs < model.confirmedAtMs + times.usableMs && isHeld(model, lease)?.isEnding === false;
}

/** Whether a socket that was opened under the lease may be used. */
export function mayUse(model: OwnershipModel, lease: Lease, nowMs: number): boolean {
  return nowMs < model.usableUntilMs && isHeld(model, lease) !== null;
}

/**
 * How a worker (a process that holds sockets) gains accounts and gives them up, as a pure function.
 *
 * The worker is
 *
 * - **entering**: it has no row among the workers yet, or none any more. It holds nothing.
 * - **working**: it beats (renews its row), looks for free leases, and holds some.
 * - **leaving**: it was asked to stop. It ends what it holds, then takes its row away: **gone**.
 *
 * **Gain.** A free lease that it finds is its own at once, with a new epoch; the account is taken.
 * It takes a bounded number a look, and while others are there no more than its fair share.
 *
 * **Hold.** What it holds may be *used* (frames written) until `usableUntilMs`, and a new socket may
 * be *opened* only while that is confirmed, by a beat that succeeded. Both count from when the beat
 * was sent, by this process's monotonic clock: no wall clock, here or at the database, says who owns
 * what.
 *
 * **Lose.** Others declare a worker dead when its beat has stood still before their eyes for longer
 * than it may use what it holds. So whoever can not renew drops everything first, cuts its sockets,
 * and enters again under another name. A worker that finds itself buried (it slept) does the same;
 * its late writes are refused by their epoch.
 *
 * **The database is away.** Nobody can take anything over then. A worker that was alone when it
 * last heard of the database keeps its sockets, for some minutes, as long as it keeps finding the
 * database away. A newcomer must watch it for a whole lease before it may bury it.
 *
 * **Rebalance.** A worker with more than its share, when nothing is free, ends a few accounts a
 * beat; others gain them. What nobody gains, because another worker is there and does not work, is
 * taken after a while in spite of the share, and sharing rests then. An account that is being linked
 * is not given away: its QR code or pairing code would come to nothing.
 *
 * **Give up.** Ending an account closes its socket, keeps what is to be kept, and only then frees
 * the lease.
 *
 * @param nowMs monotonic milliseconds
 */
export function stepOwnership(
  model: OwnershipModel,
  event: OwnershipEvent,
  nowMs: number,
  times: OwnershipTimes,
): OwnershipStep {
  if (model.phase === 'gone') return { model, effects: [] };
  const isOver = nowMs >= model.usableUntilMs && model.phase !== 'entering';
  if (!isOver) return react(model, event, nowMs, times);
  const dropped = dropAll(model);
  if (dropped.model.phase === 'gone') return dropped;
  const next = react(dropped.model, event, nowMs, times);
  return { model: next.model, effects: [...dropped.effects, ...next.effects] };
}

function react(
  model: OwnershipModel,
  event: OwnershipEvent,
  nowMs: number,
  times: OwnershipTimes,
): OwnershipStep {
  if ('run' in event && event.run !== model.run) return { model, effects: [] };
  switch (event.type) {
    case 'time':
      return onTime(model, nowMs, times);
    case 'entered':
      if (model.phase !== 'entering') return { model, effects: [] };
      return onTime({ ...confirmed(model, event.sentAtMs, times), phase: 'working' }, nowMs, times);
    case 'not-entered':
      return {
        model: { ...model, isBusyBeating: false, nextBeatAtMs: nowMs + RETRY_MS },
        effects: [],
      };
    case 'beaten':
      return onBeaten(model, event, nowMs, times);
    case 'buried':
      return dropAll(model);
    case 'not-beaten':
      return { model: afterFailedBeat(model, event, nowMs, times), effects: [] };
    case 'gained':
      return onGained(model, event.gained, nowMs, times);
    case 'looked': {
      const waitMs = event.foundAll ? times.lookEveryMs : times.lookAgainMs;
      return {
        model: { ...model, isBusyLooking: false, nextLookAtMs: nowMs + waitMs },
        effects: [],
      };
    }
    case 'ended':
      return onEnded(model, event.lease);
    case 'linking':
      return { model: afterLinking(model, event, nowMs), effects: [] };
    case 'doubt':
      return onTime({ ...model, nextBeatAtMs: nowMs }, nowMs, times);
    case 'freed':
      return onTime({ ...model, nextBeatAtMs: nowMs, nextLookAtMs: nowMs }, nowMs, times);
    case 'unwanted': {
      const holding = model.held.get(event.serviceId);
      return holding === undefined ? { model, effects: [] } : end(model, [holding]);
    }
    case 'leave':
      return onLeave(model);
  }
}

function onTime(model: OwnershipModel, nowMs: number, times: OwnershipTimes): OwnershipStep {
  if (model.isBusyBeating || nowMs < model.nextBeatAtMs) return look(model, nowMs, times);
  if (model.phase === 'entering') return enter(model);
  const { effects, model: next } = look({ ...model, isBusyBeating: true }, nowMs, times);
  return { model: next, effects: [{ type: 'beat', run: model.run }, ...effects] };
}

function look(model: OwnershipModel, nowMs: number, times: OwnershipTimes): OwnershipStep {
  const isConfirmed = nowMs < model.confirmedAtMs + times.usableMs;
  const { phase, isBusyLooking, nextLookAtMs, room, run } = model;
  const hasRoom = room.test > 0 || room.live > 0;
  if (phase !== 'working' || isBusyLooking || !hasRoom || !isConfirmed || nowMs < nextLookAtMs) {
    return { model, effects: [] };
  }
  return { model: { ...model, isBusyLooking: true }, effects: [{ type: 'look', run, room }] };
}

function onBeaten(
  before: OwnershipModel,
  { sentAtMs, peers, census }: Extract<OwnershipEvent, { type: 'beaten' }>,
  nowMs: number,
  times: OwnershipTimes,
): OwnershipStep {
  const seen = observePeers(before.peers, peers, nowMs, times);
  const model: OwnershipModel = {
    ...confirmed(before, sentAtMs, times),
    isAlone: peers.length === 0,
    peers: seen.observations,
    isBusyBeating: false,
    nextBeatAtMs: sentAtMs + times.beatEveryMs,
  };
  const burials = seen.dead.map((peer): OwnershipEffect => ({ type: 'bury', peer }));
  if (model.phase !== 'working') return { model, effects: burials };
  const shared = share(model, seen.livingModes, census, nowMs);
  const looked = look(shared.model, nowMs, times);
  return { model: looked.model, effects: [...burials, ...shared.effects, ...looked.effects] };
}

/** Decides how many more it may gain, and ends what it has too much of. */
function share(
  before: OwnershipModel,
  livingModes: readonly (readonly Mode[])[],
  census: Census | null,
  nowMs: number,
): OwnershipStep {
  const room = { test: GAIN_MAX, live: GAIN_MAX };
  const unclaimedSinceMs: Record<Mode, number | null> = { test: null, live: null };
  const surplus: Holding[] = [];
  let { sharesAgainAtMs } = before;
  for (const mode of livingModes.length === 0 ? [] : (['test', 'live'] as const)) {
    const mine = [...before.held.values()].filter(
      (holding) => holding.mode === mode && !holding.isEnding,
    );
    const { missing, excess, free } = shareOut(mode, mine.length, livingModes, census);
    room[mode] = Math.min(missing, GAIN_MAX);
    if (missing === 0 && free > 0) {
      const sinceMs = before.unclaimedSinceMs[mode] ?? nowMs;
      unclaimedSinceMs[mode] = sinceMs;
      if (nowMs - sinceMs < UNCLAIMED_MS) continue;
      room[mode] = GAIN_MAX;
      sharesAgainAtMs = nowMs + SHARING_RESTS_MS;
    }
    if (free === 0 && nowMs >= sharesAgainAtMs && excess > 0) {
      const movable = mine.filter((holding) => !isBeingLinked(holding, nowMs));
      surplus.push(...movable.slice(-Math.min(excess, GIVE_AWAY_MAX)));
    }
  }
  return end({ ...before, room, unclaimedSinceMs, sharesAgainAtMs }, surplus);
}

function isBeingLinked({ linkingSinceMs }: Holding, nowMs: number): boolean {
  return linkingSinceMs !== null && nowMs - linkingSinceMs < LINKING_MS_MAX;
}

/** The next code of the same try is no reason to keep it for longer. */
function afterLinking(
  model: OwnershipModel,
  { lease, isLinking }: Extract<OwnershipEvent, { type: 'linking' }>,
  nowMs: number,
): OwnershipModel {
  const holding = isHeld(model, lease);
  if (holding === null) return model;
  const linkingSinceMs = isLinking ? (holding.linkingSinceMs ?? nowMs) : null;
  const held = new Map(model.held).set(lease.serviceId, { ...holding, linkingSinceMs });
  return { ...model, held };
}

function afterFailedBeat(
  model: OwnershipModel,
  { sentAtMs, isAway }: Extract<OwnershipEvent, { type: 'not-beaten' }>,
  nowMs: number,
  times: OwnershipTimes,
): OwnershipModel {
  const mayWait = isAway && model.isAlone && nowMs - model.confirmedAtMs < ALONE_MS_MAX;
  const untilMs = mayWait ? sentAtMs + times.usableMs : -Infinity;
  return {
    ...model,
    isBusyBeating: false,
    nextBeatAtMs: nowMs + Math.min(RETRY_MS, times.beatEveryMs),
    usableUntilMs: Math.max(model.usableUntilMs, untilMs),
  };
}

function onGained(
  model: OwnershipModel,
  gained: readonly Gained[],
  nowMs: number,
  times: OwnershipTimes,
): OwnershipStep {
  const isConfirmed = nowMs < model.confirmedAtMs + times.usableMs;
  if (model.phase !== 'working' || !isConfirmed) {
    return { model, effects: [{ type: 'release', leases: gained.map(({ lease }) => lease) }] };
  }
  const held = new Map(model.held);
  const room = { ...model.room };
  for (const { lease, mode } of gained) {
    held.set(lease.serviceId, { lease, mode, isEnding: false, linkingSinceMs: null });
    if (model.peers.size > 0) room[mode] = Math.max(0, room[mode] - 1);
  }
  return {
    model: { ...model, held, room },
    effects: gained.map((one) => ({ type: 'take', gained: one })),
  };
}

function onEnded(model: OwnershipModel, lease: Lease): OwnershipStep {
  if (isHeld(model, lease) === null) return { model, effects: [] };
  const held = new Map(model.held);
  held.delete(lease.serviceId);
  const release: OwnershipEffect = { type: 'release', leases: [lease] };
  return departWhenEmpty({ ...model, held }, [release]);
}

function onLeave(model: OwnershipModel): OwnershipStep {
  if (model.phase === 'entering') {
    return { model: { ...model, phase: 'gone' }, effects: [{ type: 'depart' }] };
  }
  const ended = end({ ...model, phase: 'leaving' }, [...model.held.values()]);
  return departWhenEmpty(ended.model, ended.effects);
}

/** The row goes after the leases: what is released with it would look the same, but later. */
function departWhenEmpty(
  model: OwnershipModel,
  effects: readonly OwnershipEffect[],
): OwnershipStep {
  if (model.phase !== 'leaving' || model.held.size > 0) return { model, effects };
  return { model: { ...model, phase: 'gone' }, effects: [...effects, { type: 'depart' }] };
}

function end(model: OwnershipModel, holdings: readonly Holding[]): OwnershipStep {
  const effects: OwnershipEffect[] = [];
  const held = new Map(model.held);
  for (const holding of holdings) {
    const { lease, isEnding } = holding;
    if (isEnding) continue;
    held.set(lease.serviceId, { ...holding, isEnding: true });
    effects.push({ type: 'end', lease });
  }
  return { model: { ...model, held }, effects };
}

/** Everything is given up at once; the leases go with the row, when it enters again or leaves. */
function dropAll(model: OwnershipModel): OwnershipStep {
  const leases = [...model.held.values()].map(({ lease }) => lease);
  const drop: OwnershipEffect[] = leases.length === 0 ? [] : [{ type: 'drop', leases }];
  const { run, sharesAgainAtMs } = model;
  if (model.phase === 'leaving') {
    const gone = { ...model, held: new Map(), phase: 'gone' as const };
    return { model: gone, effects: [...drop, { type: 'depart' }] };
  }
  const entering = enter({ ...FRESH, phase: 'entering', run, sharesAgainAtMs });
  return { model: entering.model, effects: [...drop, ...entering.effects] };
}

function enter(model: OwnershipModel): OwnershipStep {
  const run = model.run + 1;
  return { model: { ...model, run, isBusyBeating: true }, effects: [{ type: 'enter', run }] };
}

function confirmed(model: OwnershipModel, sentAtMs: number, times: OwnershipTimes): OwnershipModel {
  const confirmedAtMs = Math.max(model.confirmedAtMs, sentAtMs);
  const usableUntilMs = Math.max(model.usableUntilMs, confirmedAtMs + times.usableMs);
  return { ...model, confirmedAtMs, usableUntilMs, isBusyBeating: false };
}

function isHeld({ held }: OwnershipModel, { serviceId, epoch }: Lease): Holding | null {
  const holding = held.get(serviceId);
  return holding?.lease.epoch === epoch ? holding : null;
}
