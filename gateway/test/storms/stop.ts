import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../harness/wait-until.ts';
import type { Findings } from './findings.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { StormWorld } from './storm-world.ts';

const STOP_MS_MAX = 20_000;
const ROUNDS = 4;

/** SIGTERM at rest and under load; then two processes restarted in turn under a steady load. */
export async function storm(folder: string, findings: Findings): Promise<void> {
  findings.begin('graceful stop');
  await using world = await StormWorld.start({ folder: join(folder, 'stop'), gateways: 2 });
  const traffic = new SteadyTraffic(world);
  traffic.start('steady', 100, 6);
  await delay(3000);
  const stopMs: number[] = [];
  const codes: (number | null | undefined)[] = [];
  for (let round = 0; round < ROUNDS * 2; round += 1) {
    const seat = world.seat(round % 2);
    const atMs = performance.now();
    await seat.stop();
    stopMs.push(Math.round(performance.now() - atMs));
    codes.push(seat.process?.child.exitCode);
    await seat.start(null);
    await delay(3000);
  }
  await traffic.stop();
  const isAllShown = async (): Promise<boolean> => (await traffic.compare()).lost.length === 0;
  await waitUntil('everything to be shown', isAllShown, 60_000).catch(() => false);
  const longestMs = Math.max(...stopMs);
  findings.check('SIGTERM under load, ms at most', longestMs < STOP_MS_MAX, stopMs.join(', '));
  findings.check(
    'exit codes',
    codes.every((code) => code === 0),
    codes.join(', '),
  );
  const { lost, doubled } = await traffic.compare();
  findings.check(
    `lost of ${traffic.accepted.length} in ${ROUNDS * 2} rolling restarts`,
    lost.length === 0,
    lost.length,
  );
  findings.check('shown twice', doubled.length === 0, doubled.length);
  const stats = await world.stats();
  findings.check(
    'overlapping sockets, ratchet counters reused',
    stats.overlappingSockets + stats.reusedRatchetCounters === 0,
    `${stats.overlappingSockets}, ${stats.reusedRatchetCounters}`,
  );
  const { ids, copies } = stats.messagesByWireId;
  findings.note('copies on the wire more than messages', copies - ids);
  await atRest(world, findings);
}

/** A message now and then, and SIGTERM between them. */
async function atRest(world: StormWorld, findings: Findings): Promise<void> {
  for (let number = 0; number < 5; number += 1) {
    await world.accept(number % 2, number, `idle ${number}`);
    await delay(1000);
  }
  const atMs = performance.now();
  await Promise.all(world.seats.map((seat) => seat.stop()));
  const tookMs = Math.round(performance.now() - atMs);
  findings.check('SIGTERM at idle load, ms', tookMs < STOP_MS_MAX, tookMs);
  const rows = await world.onDatabase("SELECT FROM messages WHERE state = 'sending'");
  findings.check('in doubt afterwards', rows.length === 0, rows.length);
}
