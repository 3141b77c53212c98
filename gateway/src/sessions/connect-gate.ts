import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { ServiceMode } from './connection.ts';
import {
  CLOSED_BREAKER,
  stepBreaker,
  type BreakerEvent,
  type BreakerModel,
} from './connect-breaker.ts';

/** The least time between two new sockets; up to half of it more comes by chance. */
const SPACING_MS: Readonly<Record<ServiceMode, number>> = {
  // At most five a second: more from one address looks like an attack.
  live: 200,
  // The simulator has no opinion; this only keeps the process answering while all come back.
  test: 20,
};

/** Somebody who waits for a turn to open a socket. */
export interface Applicant {
  /** Ahead of those that are not first, for what a person waits for. */
  readonly isFirst: boolean;
  /** It may open its socket now; what becomes of it has to be told to the ticket. */
  onTurn(): void;
  /** It has to wait longer, because WhatsApp refuses this version of the gateway. */
  onHeld(): void;
}

/** One application. */
export interface Ticket {
  /** WhatsApp took the version of the socket. */
  accepted(): void;
  /** WhatsApp refused the version of the socket. */
  outdated(): void;
  /** Not wanted any more, or the socket ended in another way. */
  end(): void;
}

/** How the gate of one mode stands, for the operator. */
export interface GateStatus {
  readonly mode: ServiceMode;
  /** WhatsApp refuses this version of the gateway: no new sockets but trials. */
  readonly isHeld: boolean;
  /** How many wait for their turn. */
  readonly waiting: number;
}

/** What the gate needs from the process. */
export interface GateParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Where every session of this process waits for its turn to open a socket: one after the other
 * with a jittered pause, and none while WhatsApp refuses this version of the gateway.
 */
export class ConnectGate {
  readonly #lines: Readonly<Record<ServiceMode, Line>>;

  constructor(parts: GateParts) {
    this.#lines = { live: new Line('live', parts), test: new Line('test', parts) };
  }

  /** Puts the applicant in line. Its turn may come before this returns. */
  apply(mode: ServiceMode, applicant: Applicant): Ticket {
    return this.#lines[mode].apply(applicant);
  }

  status(): GateStatus[] {
    return [this.#lines.live.status(), this.#lines.test.status()];
  }
}

/** The line of one mode. */
class Line {
  readonly #mode: ServiceMode;
  readonly #parts: GateParts;
  readonly #first = new Set<Applicant>();
  readonly #others = new Set<Applicant>();
  #breaker: BreakerModel = CLOSED_BREAKER;
  /** Whose socket is the breaker's trial. */
  #onTrial: Applicant | null = null;
  #nextAtMs = 0;
  #cancelAlarm: (() => void) | null = null;

  constructor(mode: ServiceMode, parts: GateParts) {
    this.#mode = mode;
    this.#parts = parts;
  }

  apply(applicant: Applicant): Ticket {
    (applicant.isFirst ? this.#first : this.#others).add(applicant);
    this.#serve();
    if (this.#isHeld && this.#isWaiting(applicant)) applicant.onHeld();
    return {
      accepted: () => {
        this.#tellBreaker({ type: 'accepted' });
      },
      outdated: () => {
        if (this.#onTrial === applicant) this.#onTrial = null;
        this.#tellBreaker({ type: 'outdated' });
      },
      end: () => {
        this.#end(applicant);
      },
    };
  }

  status(): GateStatus {
    return { mode: this.#mode, isHeld: this.#isHeld, waiting: this.#waiting };
  }

  get #waiting(): number {
    return this.#first.size + this.#others.size;
  }

  get #isHeld(): boolean {
    return this.#breaker.mode !== 'closed';
  }

  #isWaiting(applicant: Applicant): boolean {
    return this.#first.has(applicant) || this.#others.has(applicant);
  }

  #end(applicant: Applicant): void {
    this.#first.delete(applicant);
    this.#others.delete(applicant);
    if (this.#onTrial !== applicant) return;
    this.#onTrial = null;
    this.#tellBreaker({ type: 'trial-ended' });
  }

  /** Lets in who may go in now, and sets an alarm for the next. */
  #serve(): void {
    const { clock, random } = this.#parts;
    this.#cancelAlarm?.();
    this.#cancelAlarm = null;
    const [applicant] = this.#first.size > 0 ? this.#first : this.#others;
    if (applicant === undefined) return;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#nextAtMs) {
      this.#serveAfter(this.#nextAtMs - nowMs);
      return;
    }
    const { model, isLetIn } = this.#step({ type: 'asked' });
    if (!isLetIn) {
      this.#serveAfter(model.untilMs - nowMs);
      return;
    }
    this.#first.delete(applicant);
    this.#others.delete(applicant);
    this.#nextAtMs = nowMs + SPACING_MS[this.#mode] * (1 + random.fraction() / 2);
    if (model.mode === 'trial') this.#onTrial = applicant;
    this.#serveAfter(this.#nextAtMs - nowMs);
    applicant.onTurn();
  }

  #serveAfter(delayMs: number): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = this.#parts.clock.after(Math.ceil(delayMs), () => {
      this.#serve();
    });
  }

  #tellBreaker(event: BreakerEvent): void {
    const wasHeld = this.#isHeld;
    const { log } = this.#parts;
    this.#step(event);
    const mode = this.#mode;
    if (event.type === 'outdated') {
      log.error({ mode }, 'WhatsApp refuses this version of the gateway: update it');
    }
    if (!wasHeld && this.#isHeld) {
      for (const applicant of [...this.#first, ...this.#others]) applicant.onHeld();
    }
    if (wasHeld && !this.#isHeld) log.warn({ mode }, 'WhatsApp takes this version again');
    this.#serve();
  }

  #step(event: BreakerEvent): ReturnType<typeof stepBreaker> {
    const { clock, random } = this.#parts;
    const step = stepBreaker(this.#breaker, event, clock.monotonicMs(), random.fraction());
    this.#breaker = step.model;
    return step;
  }
}
