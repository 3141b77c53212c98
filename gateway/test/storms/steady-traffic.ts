import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../crash/crash-world.ts';
import type { StormWorld } from './storm-world.ts';

/** As the answer asks for. */
const RETRY_MS = 2000;
const PATIENCE_MS = 180_000;

/** One request, as the client saw it. */
export interface Seen {
  readonly text: string;
  readonly atMs: number;
  readonly tookMs: number;
  /** Null: no answer. */
  readonly status: number | null;
  readonly retryAfter: string | null;
}

/** A client that sends texts at a steady pace, and each again under its key until it is accepted. */
export class SteadyTraffic {
  /** Every request in the order of their answers; `performance.now()`. */
  readonly seen: Seen[] = [];
  /** Accepted texts, with the contact they go to. */
  readonly accepted: { readonly text: string; readonly contact: number }[] = [];
  readonly #world: StormWorld;
  readonly #sending: Promise<void>[] = [];
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(world: StormWorld) {
    this.#world = world;
  }

  /** @param everyMs one text so often, to account after account */
  start(name: string, everyMs: number, contacts: number): void {
    const run = async (): Promise<void> => {
      for (let number = 0; !this.#isStopped; number += 1) {
        this.#sending.push(this.#send(`${name} ${number}`, number, number % contacts));
        await delay(everyMs);
      }
    };
    this.#running = run();
  }

  /** Sends nothing new; resolves when everything is accepted. @throws when something never is */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await Promise.all(this.#sending);
  }

  /** Whether each accepted text was shown, and how often more than once. */
  async compare(): Promise<{ lost: string[]; doubled: string[] }> {
    const contacts = new Set(this.accepted.map(({ contact }) => contact));
    const times = new Map<string, number>();
    for (const contact of contacts) {
      for (const { text } of await this.#world.shown(contact)) {
        times.set(text, (times.get(text) ?? 0) + 1);
      }
    }
    return {
      lost: this.accepted.map(({ text }) => text).filter((text) => !times.has(text)),
      doubled: [...times].filter(([, count]) => count > 1).map(([text]) => text),
    };
  }

  async #send(text: string, number: number, contact: number): Promise<void> {
    const { apiKeys, seats } = this.#world;
    const path = `/sendMsg/${apiKeys[number % apiKeys.length]}`;
    const body = new URLSearchParams({ phonenumber: this.#world.contact(contact), message: text });
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (let attempt = 0; performance.now() < deadlineMs; attempt += 1) {
      const atMs = performance.now();
      const gateway = (number + attempt) % seats.length;
      const answer: Answer | null = await this.#world
        .ask(path, body, { key: text, gateway, withinMs: 30_000 })
        .catch(() => null);
      this.seen.push({
        text,
        atMs,
        tookMs: performance.now() - atMs,
        status: answer?.status ?? null,
        retryAfter: answer?.retryAfter ?? null,
      });
      if (answer?.status === 200) {
        this.accepted.push({ text, contact });
        return;
      }
      await delay(RETRY_MS);
    }
    throw new Error(`"${text}" was never accepted`);
  }
}
