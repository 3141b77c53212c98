import { serviceId, whatsAppId, type ServiceId, type WhatsAppId } from '../../src/domain/ids.ts';
import type { Lease } from '../../src/domain/lease.ts';
import type { PhoneNumber } from '../../src/domain/phone-number.ts';
import { createDice, type Dice } from '../crash/dice.ts';
import { Agenda } from './agenda.ts';
import { ModelledDatabase } from './modelled-database.ts';
import { ModelledWhatsApp } from './modelled-whatsapp.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { DatabaseWeather, Surroundings } from './surroundings.ts';

const PROCESSES: [min: number, max: number] = [1, 3];
const COPIES_A_LOGIN = 2;
const ACCOUNTS: [min: number, max: number] = [1, 4];
const CHATS = 4;
const TROUBLE_MS = 80_000;
/** As long as a stalled process, a lease, and a few retries take. */
const CALM_MS = 150_000;
const EXPIRE_EVERY_MS = 1000;

/** What a run has shown. */
export interface Outcome {
  /** Sentences; none when all promises were kept. */
  readonly breaches: readonly string[];
  /** Of everything that happened, in order: two runs of a seed are the same. */
  readonly fingerprint: string;
  readonly messages: number;
  readonly deaths: number;
  readonly stalls: number;
  readonly wireCopies: number;
  readonly events: number;
}

/**
 * Several gateway processes, their database and WhatsApp, in simulated time: the real machines, and
 * models of everything around them. All chance comes from the seed.
 */
export class World implements Surroundings {
  readonly agenda = new Agenda();
  readonly dice: Dice;
  readonly database: ModelledDatabase;
  readonly whatsApp: ModelledWhatsApp;
  readonly weather: DatabaseWeather = { isDatabaseAway: false, losesRepliesPercent: 0 };
  readonly #services: ServiceId[];
  readonly #processes: SimulatedProcess[] = [];
  readonly #breaches: string[] = [];
  readonly #poisonous = new Set<WhatsAppId>();
  #isCalm = false;
  #workers = 0;
  #deaths = 0;
  #stalls = 0;
  #trace = 0;
  readonly #logins = new Map<ServiceId, number>();

  constructor(seed: number) {
    this.dice = createDice(seed);
    const accounts = this.dice.between(...ACCOUNTS);
    this.#services = Array.from({ length: accounts }, (_, index) => serviceId(index + 1));
    this.database = new ModelledDatabase(() => this.agenda.nowMs, this.#services);
    this.whatsApp = new ModelledWhatsApp(this.agenda, this.dice);
    const processes = this.dice.between(...PROCESSES);
    for (let number = 0; number < processes; number += 1) this.#startAt(number);
  }

  newWorkerId(): string {
    this.#workers += 1;
    return `worker ${this.#workers}`;
  }

  isPoisonous(id: WhatsAppId): boolean {
    return this.#poisonous.has(id);
  }

  /** A process logs in: nobody else may be using the account. */
  noteLogin(process: object, lease: Lease): void {
    this.#note(`login ${lease.serviceId} ${lease.epoch}`);
    this.#logins.set(lease.serviceId, (this.#logins.get(lease.serviceId) ?? 0) + 1);
    for (const other of this.#processes) {
      if (other === process || !other.isAlive) continue;
      const account = other.accounts.get(lease.serviceId);
      if (account !== undefined && other.mayUse(account.lease)) {
        this.#breach(`two processes use account ${lease.serviceId}`);
      }
    }
  }

  /** A frame is about to leave. */
  noteFrame(lease: Lease, id: WhatsAppId): void {
    this.#note(`frame ${id}`);
    if (!this.database.isHeldUnder(lease)) this.#breach(`${id} leaves from who lost the account`);
    const message = this.database.find(id);
    if (message === undefined) return;
    const isFirst = !this.whatsApp.arrived.has(id);
    const { state, dueAtMs } = message.life;
    if (isFirst && ['cancelled', 'expired', 'failed'].includes(state)) {
      this.#breach(`${id} leaves although it is ${state}`);
    }
    if (dueAtMs > this.agenda.nowMs) this.#breach(`${id} leaves before its time`);
  }

  /** Lives through trouble, then through calm, and looks what became of everything. */
  run(): Outcome {
    this.#plan();
    this.agenda.runUntil(TROUBLE_MS);
    this.#calmDown();
    this.agenda.runUntil(TROUBLE_MS + CALM_MS);
    this.#checkMessages();
    this.#checkOrder();
    this.#checkShares();
    const { messages } = this.database;
    const copies = [...this.whatsApp.arrived.values()].map((one) => one.copies);
    return {
      breaches: this.#breaches,
      fingerprint: `${this.#trace.toString(16)}-${this.agenda.happened}`,
      messages: messages.length,
      deaths: this.#deaths,
      stalls: this.#stalls,
      wireCopies: copies.reduce((sum, count) => sum + count, 0),
      events: this.agenda.happened,
    };
  }

  #plan(): void {
    const { dice, agenda } = this;
    this.weather.losesRepliesPercent = dice.between(0, 4);
    this.whatsApp.weather.swallowsAckPercent = dice.between(0, 10);
    this.whatsApp.weather.losesPercent = dice.between(0, 2);
    this.whatsApp.weather.dropsPercent = dice.between(0, 3);
    const at = (run: () => void): void => agenda.after(dice.between(0, TROUBLE_MS), run);
    const times = (min: number, max: number, run: () => void): void => {
      for (let left = dice.between(min, max); left > 0; left -= 1) at(run);
    };
    times(5, 50, () => this.#accept());
    times(0, 6, () => this.#kill());
    times(0, 3, () => this.#stall());
    times(0, 3, () => this.#restart());
    times(0, 4, () => this.whatsApp.drop(dice.pick(this.#services)));
    times(0, 2, () => this.#loseDatabase());
    const expire = (): void => {
      this.database.expire();
      agenda.after(EXPIRE_EVERY_MS, expire);
    };
    expire();
  }

  #accept(): void {
    const { dice, database } = this;
    const burst = dice.chance(20) ? dice.between(2, 40) : 1;
    for (let left = burst; left > 0; left -= 1) {
      const id = whatsAppId(`m${database.messages.length + 1}`);
      if (dice.chance(1)) this.#poisonous.add(id);
      database.accept({
        serviceId: dice.pick(this.#services),
        whatsAppId: id,
        recipient: { kind: 'person', phone: `chat ${dice.between(1, CHATS)}` as PhoneNumber },
        isUrgent: dice.chance(10),
        dueInMs: dice.chance(10) ? dice.between(0, 30_000) : null,
        expiresInMs: dice.chance(10) ? dice.between(100, 60_000) : null,
      });
    }
    // The owner may learn of it, or find it later.
    this.agenda.after(dice.between(0, 50), () => {
      if (dice.chance(30)) return;
      for (const process of this.#processes) {
        process.hear(() => {
          for (const account of process.accounts.values()) account.wake();
        });
      }
    });
  }

  #kill(): void {
    const process = this.dice.pick(this.#processes);
    if (!process.isAlive) return;
    this.#note('kill');
    process.die();
  }

  #stall(): void {
    const process = this.dice.pick(this.#processes);
    this.#stalls += 1;
    this.#note('stall');
    process.stall();
    // For a moment, or for longer than its leases last.
    const stalledMs = this.dice.chance(50)
      ? this.dice.between(100, 5000)
      : this.dice.between(25_000, 70_000);
    this.agenda.after(stalledMs, () => process.goOn());
  }

  #restart(): void {
    const process = this.dice.pick(this.#processes);
    process.hear(() => process.leave());
  }

  #loseDatabase(): void {
    this.weather.isDatabaseAway = true;
    this.agenda.after(this.dice.between(50, 40_000), () => {
      this.weather.isDatabaseAway = false;
    });
  }

  /** Starts a process on a data directory, and another whenever it has ended. */
  #startAt(number: number): void {
    const process = new SimulatedProcess(this, `home ${number}`);
    this.#processes[number] = process;
    process.start();
    const watch = (): void => {
      if (process.isAlive) this.agenda.after(500, watch);
      else {
        this.#deaths += 1;
        this.agenda.after(this.dice.between(0, 3000), () => this.#startAt(number));
      }
    };
    this.agenda.after(500, watch);
  }

  #calmDown(): void {
    this.#isCalm = true;
    this.weather.isDatabaseAway = false;
    this.weather.losesRepliesPercent = 0;
    this.whatsApp.weather.swallowsAckPercent = 0;
    this.whatsApp.weather.losesPercent = 0;
    this.whatsApp.weather.dropsPercent = 0;
    for (const process of this.#processes) process.goOn();
  }

  #checkMessages(): void {
    for (const message of this.database.messages) {
      const { whatsAppId: id, serviceId: service, life, firstClaimedAtMs } = message;
      const copies = this.whatsApp.arrived.get(id)?.copies ?? 0;
      const isSent = ['server', 'phone', 'read'].includes(life.state);
      const mayFail = this.isPoisonous(id) || life.crashes >= 3;
      if (firstClaimedAtMs !== null && firstClaimedAtMs >= (life.expiresAtMs ?? Infinity)) {
        this.#breach(`${id} was claimed after its expiry`);
      }
      if (copies > COPIES_A_LOGIN * (this.#logins.get(service) ?? 0)) {
        this.#breach(`${id} left ${copies} times`);
      }
      if (isSent && copies === 0) this.#breach(`${id} is ${life.state} and never left`);
      if (isSent) continue;
      if (life.state === 'expired' && copies === 0) continue;
      if (life.state === 'failed' && life.failure === 'poison' && mayFail) continue;
      this.#breach(`${id} ended as ${life.state} ${life.failure ?? ''} after ${copies} copies`);
    }
  }

  /** In a chat, what is seen first was accepted first, unless something was put back or asked for. */
  #checkOrder(): void {
    const last = new Map<string, { order: number; id: WhatsAppId }>();
    for (const message of this.database.messages) {
      const { whatsAppId: id, serviceId: service, recipient, life, isUrgent } = message;
      const order = this.whatsApp.arrived.get(id)?.firstOrder;
      const isPlain =
        !life.isScheduled && !isUrgent && !message.wasSuspect && !this.whatsApp.lost.has(id);
      if (order === undefined || !isPlain) continue;
      const chat = `${service} ${recipient.kind === 'person' ? recipient.phone : ''}`;
      const before = last.get(chat);
      if (before !== undefined && before.order > order) {
        this.#breach(`${id} passed ${before.id} in ${chat}`);
      }
      last.set(chat, { order, id });
    }
  }

  #checkShares(): void {
    const held = this.#processes.filter(({ isAlive }) => isAlive).map((one) => one.heldCount);
    const sum = held.reduce((total, count) => total + count, 0);
    if (sum !== this.#services.length) this.#breach(`${sum} accounts are held, by ${held.join()}`);
  }

  #breach(sentence: string): void {
    this.#breaches.push(`${this.agenda.nowMs} ms${this.#isCalm ? ' (calm)' : ''}: ${sentence}`);
  }

  /** Mixes what happened into the fingerprint. */
  #note(what: string): void {
    for (const character of `${this.agenda.nowMs} ${what}`) {
      this.#trace = (Math.imul(this.#trace, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
    }
  }
}
