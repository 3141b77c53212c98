import { setTimeout as delay } from 'node:timers/promises';
import { publicEventId } from '../../../src/domain/event.ts';
import { serviceId, type EventId, type ServiceId } from '../../../src/domain/ids.ts';
import { WEBHOOK_CRASH_POINTS } from '../../../src/runtime/crash-point.ts';
import { openDatabase, type Database } from '../../../src/storage/database.ts';
import { migrate } from '../../../src/storage/migrate.ts';
import { startSimulator } from '../../crash/crash-world.ts';
import { createDice, type Dice } from '../../crash/dice.ts';
import { GatewaySeat } from '../../crash/gateway-seat.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { compare, type KeptEvent, type Verdict } from './compare.ts';
import { RecordingSink } from './recording-sink.ts';

const MASTER_KEY = 'c5'.repeat(32);
const ADMIN_TOKEN = 'tw_admin_of_the_campaign';
const TICKS = ['server', 'phone', 'read'] as const;
/** Longer than a hold, so that what a killed process held is taken by the other. */
const SETTLE_MS_MAX = 120_000;
const POINT_WITHIN_MS = 4000;
const POINT_PASSES_MAX = 60;
const KILL_MS_MAX = 400;

/** What to do. */
export interface KillOrder {
  readonly events: number;
  readonly kills: number;
  readonly seed: number;
  /** Processes on one database. */
  readonly gateways: number;
  readonly services: number;
  /** Everything the campaign makes is below it. */
  readonly folder: string;
  readonly databaseUrl: string;
  /** No further kill after this time; null: all of them. */
  readonly killForMs: number | null;
  say(line: string): void;
}

/** What a campaign has found. */
export interface KillResult {
  readonly verdict: Verdict;
  readonly events: number;
  readonly arrivals: number;
  readonly killsAtTimes: number;
  /** By the name of the point. */
  readonly killsAtPoints: Readonly<Record<string, number>>;
  readonly durationMs: number;
}

/**
 * Kills real gateway processes while they deliver, and compares what was kept with what has come.
 * In each round some events are kept, the next states of messages whose earlier ones may still be on
 * their way; then a process is killed, at some time or when it passes a point, and started again.
 */
export async function runKills(order: KillOrder): Promise<KillResult> {
  const beganMs = performance.now();
  await migrate(order.databaseUrl);
  await using stack = new AsyncDisposableStack();
  const dice = createDice(order.seed);
  const database = openDatabase(order.databaseUrl, () => undefined);
  stack.defer(() => database.close());
  const sink = stack.use(await RecordingSink.open(createDice(order.seed + 1)));
  const seats = await startSeats(order, stack);
  const gatewayUrl = dice.pick(seats).url;
  const services = await makeServices(gatewayUrl, database, sink, order.services);
  const source = new EventSource(database, services, dice);
  const killsAtPoints: Record<string, number> = {};
  let killsAtTimes = 0;
  for (let kill = 1; kill <= order.kills; kill += 1) {
    if (performance.now() - beganMs > (order.killForMs ?? Infinity)) break;
    const point = dice.chance(50) ? dice.pick(WEBHOOK_CRASH_POINTS) : null;
    const count = share(order.events, order.kills, kill);
    const killed = await killDuring(seats, point, dice, () => source.keep(count));
    if (killed === null) killsAtTimes += 1;
    else killsAtPoints[killed] = (killsAtPoints[killed] ?? 0) + 1;
    if (kill % 10 === 0) order.say(`kill ${kill}: ${sink.arrivals.length} requests`);
    await Promise.all(seats.map((seat) => seat.start(null)));
  }
  await waitUntil('everything to be delivered', () => isDelivered(database), SETTLE_MS_MAX).catch(
    () => order.say('it did not settle'),
  );
  const { kept } = source;
  return {
    verdict: compare(kept, sink.arrivals),
    events: kept.length,
    arrivals: sink.arrivals.length,
    killsAtTimes,
    killsAtPoints,
    durationMs: performance.now() - beganMs,
  };
}

/** How many of all events belong to this round. */
function share(events: number, rounds: number, round: number): number {
  return Math.round((events * round) / rounds) - Math.round((events * (round - 1)) / rounds);
}

/**
 * Kills one of them at some time, or all when the first of them passes a point: which one holds the
 * webhooks is not known.
 * @returns the point, or null when it was some time
 */
async function killDuring(
  seats: readonly GatewaySeat[],
  point: string | null,
  dice: Dice,
  keep: () => Promise<void>,
): Promise<string | null> {
  const seat = dice.pick(seats);
  const killAtMs = dice.between(0, KILL_MS_MAX);
  const pass = dice.between(1, POINT_PASSES_MAX);
  if (point === null) {
    await Promise.all([keep(), delay(killAtMs)]);
    await seat.kill();
    return null;
  }
  // Points are told to a process when it starts.
  await Promise.all(seats.map((one) => one.stop()));
  await Promise.all(seats.map((one) => one.start(`${point}:${pass}`)));
  await keep();
  const isOneDead = (): boolean => seats.some((one) => !one.isRunning);
  const isDead = await waitUntil('the point', isOneDead, POINT_WITHIN_MS).catch(() => false);
  await Promise.all(seats.map((one) => one.kill()));
  return isDead ? point : null;
}

async function isDelivered(database: Database): Promise<boolean> {
  const { rows } = await database.pool.query('SELECT FROM webhook_deliveries LIMIT 1');
  return rows.length === 0;
}

/** Services with a webhook each, made as an operator and a customer make them. */
async function makeServices(
  gatewayUrl: string,
  database: Database,
  sink: RecordingSink,
  count: number,
): Promise<ServiceId[]> {
  for (let number = 0; number < count; number += 1) {
    const made = await fetch(`${gatewayUrl}/admin/services`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_TOKEN}` },
      body: JSON.stringify({ planId: 4, cycle: 12, mode: 'test' }),
    });
    const { apiKey } = (await made.json()) as { apiKey: string };
    const url = encodeURIComponent(sink.url(`/${number}`));
    const set = await fetch(`${gatewayUrl}/webhook/set/${apiKey}?url=${url}`);
    if (!set.ok) throw new Error(`the webhook was not set: ${await set.text()}`);
  }
  const rows = await database.query.selectFrom('webhooks').select('listener_id').execute();
  return rows.map((row) => serviceId(row.listener_id));
}

async function startSeats(order: KillOrder, stack: AsyncDisposableStack): Promise<GatewaySeat[]> {
  const simulator = await startSimulator(order.folder);
  stack.defer(() => simulator.stop());
  const simulatorUrl = `ws://${simulator.url}`;
  const environment = {
    PORT: '0',
    DATABASE_URL: order.databaseUrl,
    TICKWIRE_MASTER_KEY: MASTER_KEY,
    TICKWIRE_ADMIN_TOKEN: ADMIN_TOKEN,
    TICKWIRE_ALLOW_PRIVATE_URLS: 'on',
    TICKWIRE_TEST_MODE: 'on',
    TICKWIRE_SIMULATOR_URL: simulatorUrl,
    // Nothing here ever connects to the real WhatsApp.
    TICKWIRE_WHATSAPP_URL: simulatorUrl,
    LOG_LEVEL: 'warn',
  };
  const seats = Array.from(
    { length: order.gateways },
    (_, number) => new GatewaySeat({ number, folder: order.folder, environment }),
  );
  for (const seat of seats) {
    stack.defer(() => seat.stop());
    await seat.start(null);
  }
  return seats;
}

/** Keeps events as the statement that records ticks does. */
class EventSource {
  readonly kept: KeptEvent[] = [];
  readonly #database: Database;
  readonly #services: readonly ServiceId[];
  readonly #dice: Dice;
  /** Messages with states to come. */
  readonly #open: { service: ServiceId; message: string; ticks: number }[] = [];
  #messages = 0;

  constructor(database: Database, services: readonly ServiceId[], dice: Dice) {
    this.#database = database;
    this.#services = services;
    this.#dice = dice;
  }

  async keep(count: number): Promise<void> {
    const events = Array.from({ length: count }, () => this.#next());
    const { rows } = await this.#database.pool.query<{ id: EventId; place: number }>(
      `WITH news AS (
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY
           AS n(listener_id, message, tick, place)),
       kept AS (
         INSERT INTO events (listener_id, type, subject, data)
         SELECT listener_id, 'message.status', 'message:' || message, json_build_object(
           'messageId', message, 'status', tick, 'atMs', 0, 'metadata', NULL)
         FROM news ORDER BY place RETURNING id, listener_id, subject),
       queued AS (
         INSERT INTO webhook_deliveries (event_id, listener_id, subject)
         SELECT id, listener_id, subject FROM kept)
       SELECT id FROM kept ORDER BY id`,
      [
        events.map(({ service }) => service),
        events.map(({ message }) => message),
        events.map(({ tick }) => TICKS[tick - 1]),
      ],
    );
    for (const [index, { message, tick }] of events.entries()) {
      const id = rows[index]?.id;
      if (id !== undefined) this.kept.push({ webhookId: publicEventId(id), message, tick });
    }
  }

  #next(): { service: ServiceId; message: string; tick: number } {
    if (this.#open.length < 20 || this.#dice.chance(30)) {
      this.#messages += 1;
      const service = this.#dice.pick(this.#services);
      this.#open.push({ service, message: String(this.#messages), ticks: 0 });
    }
    const chosen = this.#dice.pick(this.#open);
    chosen.ticks += 1;
    if (chosen.ticks === TICKS.length) this.#open.splice(this.#open.indexOf(chosen), 1);
    return { service: chosen.service, message: chosen.message, tick: chosen.ticks };
  }
}
