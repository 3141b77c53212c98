import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../harness/wait-until.ts';
import type { Findings } from './findings.ts';
import { StormWorld } from './storm-world.ts';

const POISON = 'kills whoever touches it';
const NEIGHBOURS = 30;
const DEATHS = 3;
const NEIGHBOURS_WITHIN_MS = 30_000;

/**
 * One message kills the process whenever it is handed over. A service manager starts the gateway
 * again; others of the same account and of another one wait beside it.
 */
export async function storm(folder: string, gateways: number, findings: Findings): Promise<void> {
  findings.begin(`poison, ${gateways} gateway${gateways > 1 ? 's' : ''}`);
  await using world = await StormWorld.start({
    folder: join(folder, `poison-${gateways}`),
    gateways,
    crashAt: `message=${POISON}`,
  });
  const deaths = new ServiceManager(world);
  const startedMs = Date.now();
  const texts: string[] = [];
  let poisonId = 0;
  for (let number = 0; number < NEIGHBOURS; number += 1) {
    if (number === NEIGHBOURS / 2) poisonId = await accept(world, 0, POISON);
    const text = `neighbour ${number}`;
    texts.push(text);
    await accept(world, number % 2, text);
  }
  const poison = await waitUntil(
    'the poison to be set aside',
    () => whyFailed(world, poisonId),
    180_000,
  );
  findings.check(
    'deaths of the process until it was set aside',
    deaths.count === DEATHS,
    deaths.count,
  );
  findings.check('how it stands', poison === 'poison', poison);
  const isAllShown = async (): Promise<boolean> => (await shownTexts(world)).length >= NEIGHBOURS;
  await waitUntil('the neighbours to be shown', isAllShown, 60_000).catch(() => undefined);
  // Whatever would come twice, or die once more, comes now.
  await delay(5000);
  const shown = await shownTexts(world);
  findings.check(
    'neighbours lost',
    texts.every((text) => shown.includes(text)),
    texts.filter((text) => !shown.includes(text)).length,
  );
  findings.check(
    'shown twice',
    new Set(shown).size === shown.length,
    shown.length - new Set(shown).size,
  );
  const lastMs = Math.max(...(await world.shown(0)).map(({ at }) => at)) - startedMs;
  findings.check(
    'the last neighbour was shown after, ms',
    lastMs < NEIGHBOURS_WITHIN_MS * gateways,
    lastMs,
  );
  findings.check('deaths afterwards', deaths.count === DEATHS, deaths.count - DEATHS);
  deaths.stop();
}

/** Starts again what has died. */
class ServiceManager {
  readonly #world: StormWorld;
  #isStopped = false;

  constructor(world: StormWorld) {
    this.#world = world;
    void this.#watch();
  }

  /** How often a process has died. */
  get count(): number {
    const { seats } = this.#world;
    return seats.reduce((sum, { lives, isRunning }) => sum + lives - (isRunning ? 1 : 0), 0);
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #watch(): Promise<void> {
    const { seats } = this.#world;
    const starting = new Set<number>();
    while (!this.#isStopped) {
      for (const seat of seats) {
        if (seat.isRunning || starting.has(seat.number)) continue;
        starting.add(seat.number);
        void seat
          .start(`message=${POISON}`)
          .catch(() => undefined)
          .finally(() => starting.delete(seat.number));
      }
      await delay(50);
    }
  }
}

/** Whoever lives is asked, again and again, under one key. */
async function accept(world: StormWorld, account: number, text: string): Promise<number> {
  const body = new URLSearchParams({ phonenumber: world.contact(0), message: text });
  const path = `/sendMsg/${world.apiKeys[account]}`;
  const tryAll = async (): Promise<number | null> => {
    for (const { number } of world.seats) {
      const answer = await world.ask(path, body, { key: text, gateway: number }).catch(() => null);
      if (answer?.status === 200) return answer.json.messageId as number;
    }
    return null;
  };
  return await waitUntil(`"${text}" to be accepted`, tryAll, 120_000);
}

/** @returns why it failed, or null while it has not */
async function whyFailed(world: StormWorld, id: number): Promise<string | null> {
  for (const { number } of world.seats) {
    const path = `/getStatus/${world.apiKeys[0]}?id=${id}`;
    const answer = await world.ask(path, null, { gateway: number }).catch(() => null);
    if (answer?.json?.status === 'Failed') return answer.json.statusInfo as string;
  }
  return null;
}

async function shownTexts(world: StormWorld): Promise<string[]> {
  return (await world.shown(0)).map(({ text }) => text);
}
