import { join } from 'node:path';
import { waitUntil } from '../harness/wait-until.ts';
import { quantile, type Findings } from './findings.ts';
import { StormWorld } from './storm-world.ts';

const COUNT = 100;
const EVERY_MS = 200;
const LATE_MS_MAX = 1000;

/**
 * A hundred schedules: in a process that runs; across a restart; and accepted by a process that does
 * not hold the account.
 */
export async function storm(folder: string, findings: Findings): Promise<void> {
  findings.begin(`${COUNT} schedules`);
  {
    await using world = await StormWorld.start({ folder: join(folder, 'schedule') });
    await measure(world, 'in one process', 5000, findings);
    const late = measure(world, 'across a restart', 30_000, findings);
    await waitUntil('the schedules to be accepted', () => accepted === 2 * COUNT, 30_000);
    await world.seat(0).kill();
    await world.seat(0).start(null);
    await late;
  }
  await using world = await StormWorld.start({ folder: join(folder, 'schedule-two'), gateways: 2 });
  await measure(world, 'by two processes', 10_000, findings);
}

let accepted = 0;

/** @param inMs when the first is due */
async function measure(
  world: StormWorld,
  how: string,
  inMs: number,
  findings: Findings,
): Promise<void> {
  const firstMs = Date.now() + inMs;
  const dueMs = new Map<string, number>();
  for (let number = 0; number < COUNT; number += 1) {
    const text = `${how} ${number}`;
    const atMs = firstMs + number * EVERY_MS;
    dueMs.set(text, atMs);
    const body = new URLSearchParams({
      phonenumber: world.contact(number % 5),
      message: text,
      schedule: String(atMs),
    });
    const gateway = number % world.seats.length;
    const path = `/sendMsg/${world.apiKeys[number % 2]}`;
    const { status, text: answer } = await world.ask(path, body, { gateway });
    if (status !== 200) throw new Error(answer);
    accepted += 1;
  }
  const lateness = async (): Promise<number[]> => {
    const shown = (await Promise.all([0, 1, 2, 3, 4].map((one) => world.shown(one)))).flat();
    return shown.flatMap(({ text, at }) => at - (dueMs.get(text) ?? NaN)).filter(Number.isFinite);
  };
  const isDone = async (): Promise<boolean> => (await lateness()).length >= COUNT;
  await waitUntil('all to be shown', isDone, inMs + COUNT * EVERY_MS + 30_000).catch(() => false);
  const shown = await lateness();
  findings.check(`${how}: shown once each`, shown.length === COUNT, shown.length);
  // When the sender took them: by the database's clock, as they are due.
  const taken = (await world.onDatabase(
    'SELECT (extract(epoch FROM executed_at - due_at) * 1000)::float8 AS late FROM messages ' +
      `WHERE text LIKE '${how} %'`,
  )) as { late: number }[];
  const late = taken.map((row) => row.late);
  const holds = late.every((ms) => ms >= 0 && ms < LATE_MS_MAX);
  findings.check(
    `${how}: taken, ms after their time (least, median, p95, most)`,
    holds,
    spread(late),
  );
  findings.note(`${how}: shown, ms after their time`, spread(shown));
}

const spread = (values: number[]): string =>
  [0, 0.5, 0.95, 1].map((share) => Math.round(quantile(values, share))).join(', ');
