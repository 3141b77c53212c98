import type { Clock } from '../runtime/clock.ts';

/** From the first packet to a QR code or a finished login. */
const LOGIN_MS_MAX = 45_000;
/** It is pinged every 25 s (`keep-alive.ts`); a live server answers. */
const SILENCE_MS_MAX = 45_000;
const LOOK_EVERY_MS = 5000;

/** Notices that a connection hangs, in the three ways Baileys does not. */
export interface Watchdog {
  /** Something came from the server. */
  sawFrame(): void;
  /** A QR code is shown: now a human is awaited, who may take his time. */
  expectNothing(): void;
  /** Logged in: from now on the server must be heard of every few seconds. */
  expectFrames(): void;
  stop(): void;
}

/**
 * @param onHang called at most once, with what did not happen
 * @param isHolding whether our own frames wait for a commit: then the server has nothing to answer
 */
export function startWatchdog(
  clock: Clock,
  onHang: (what: string) => void,
  isHolding: () => boolean,
): Watchdog {
  let lastFrameAtMs = clock.monotonicMs();
  let cancel = clock.after(LOGIN_MS_MAX, () => {
    onHang('the login was not answered');
  });

  function look(): void {
    if (isHolding()) lastFrameAtMs = clock.monotonicMs();
    if (clock.monotonicMs() - lastFrameAtMs > SILENCE_MS_MAX) {
      onHang('the server is silent');
    } else {
      cancel = clock.after(LOOK_EVERY_MS, look);
    }
  }

  return {
    sawFrame() {
      lastFrameAtMs = clock.monotonicMs();
    },
    expectNothing() {
      cancel();
    },
    expectFrames() {
      cancel();
      look();
    },
    stop() {
      cancel();
    },
  };
}
