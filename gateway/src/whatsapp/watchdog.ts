import type { Clock } from '../runtime/clock.ts';
import type { Liveness } from '../sessions/connection.ts';
import { AckTimes } from './ack-times.ts';

/** From the first packet to a QR code or a finished login. */
const LOGIN_MS_MAX = 45_000;
/** It is pinged every 25 s (`keep-alive.ts`); a live server answers. */
const SILENCE_MS_MAX = 45_000;
const LOOK_EVERY_MS = 5000;
/** A server may answer pings and have lost the session behind them: then it is asked. */
const QUIET_MS_MAX = 300_000;
const ACK_MS_MAX = 5000;
const PROBE_ANSWER_MS_MAX = 15_000;

/** What a watchdog does to its connection. */
export interface WatchdogActions {
  /** Whether our own frames wait for a commit. */
  isHolding(): boolean;
  /** Asks the server something only a live session answers. */
  probe(): Promise<unknown>;
  /** Called at most once, with what did not happen. */
  onHang(what: string): void;
}

/** Notices that a connection hangs, in the ways Baileys does not. */
export interface Watchdog {
  /** Something came from the server; `isPulse`: an answer to a ping or another question. */
  sawFrame(isPulse: boolean): void;
  /** The messages that went out, and their answers. */
  readonly acks: AckTimes;
  /** A QR code is shown: now a human is awaited, who may take his time. */
  expectNothing(): void;
  /** Logged in: from now on the server must be heard of every few seconds. */
  expectFrames(): void;
  liveness(): Liveness;
  stop(): void;
}

/**
 * Watches one connection. After the login it is looked at every few seconds:
 *
 * - no frame for 45 s, though pings are sent: it is dead;
 * - pulses only for five minutes, or for five seconds while a message waits for its ack: the server
 *   is asked a question. Whatever it says then, apart from pulses, is proof of life; without any in
 *   15 s the session behind the socket is dead;
 * - while our own frames wait for a commit the server has nothing to answer: nothing is expected.
 */
export function startWatchdog(clock: Clock, actions: WatchdogActions): Watchdog {
  let lastFrameAtMs = clock.monotonicMs();
  /** When the server last did what only a live session does. */
  let provenAtMs = lastFrameAtMs;
  let probedAtMs: number | null = null;
  let isStopped = false;
  const acks = new AckTimes(clock);
  let cancel = clock.after(LOGIN_MS_MAX, () => {
    hang('the login was not answered');
  });

  function hang(what: string): void {
    if (isStopped) return;
    isStopped = true;
    actions.onHang(what);
  }

  function prove(): void {
    provenAtMs = clock.monotonicMs();
    probedAtMs = null;
  }

  function look(): void {
    const nowMs = clock.monotonicMs();
    if (actions.isHolding()) {
      lastFrameAtMs = nowMs;
      prove();
    }
    if (nowMs - lastFrameAtMs > SILENCE_MS_MAX) {
      hang('the server is silent');
    } else if (probedAtMs !== null && nowMs - probedAtMs >= PROBE_ANSWER_MS_MAX) {
      hang('the server answers nothing but pings');
    } else {
      const quietMsMax = acks.isLate(ACK_MS_MAX) ? ACK_MS_MAX : QUIET_MS_MAX;
      if (probedAtMs === null && nowMs - provenAtMs > quietMsMax) probe(nowMs);
      cancel = clock.after(LOOK_EVERY_MS, look);
    }
  }

  function probe(nowMs: number): void {
    probedAtMs = nowMs;
    // A question that fails is one that was not answered.
    actions.probe().then(prove, () => undefined);
  }

  return {
    acks,
    sawFrame(isPulse) {
      lastFrameAtMs = clock.monotonicMs();
      if (!isPulse) prove();
    },
    expectNothing() {
      cancel();
    },
    expectFrames() {
      cancel();
      prove();
      look();
    },
    liveness() {
      const nowMs = clock.monotonicMs();
      const isProbed = probedAtMs !== null && nowMs - probedAtMs > ACK_MS_MAX;
      return {
        quietMs: nowMs - lastFrameAtMs,
        isSlow: isProbed || acks.isLate(ACK_MS_MAX),
        answerMs: acks.latestMs,
      };
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
