import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WebhookSink } from '../harness/webhook-sink.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { FakedClock } from './faked-clock.ts';
import type { Findings } from './findings.ts';
import { StormWorld } from './storm-world.ts';

const DAY_SECONDS = 86_400;
const JUMP_DAYS = 30;
const LATE_MS_MAX = 1000;
const SOON_MS_MAX = 3000;

/** Whose clock jumps, and in which direction. */
export interface Jump {
  readonly whose: 'gateways' | 'database' | 'both';
  readonly direction: 1 | -1;
}

/**
 * The wall clock jumps by thirty days, stays there for half a minute, and comes back. Account 0 has
 * what waits for a time; account 1 is paced and has a queue.
 */
export async function storm(
  folder: string,
  faketime: string | null,
  { whose, direction }: Jump,
  findings: Findings,
): Promise<void> {
  const name = `${whose}${direction > 0 ? '-ahead' : '-back'}`;
  findings.begin(`clock of ${whose} ${direction * JUMP_DAYS} days`);
  const place = join(folder, `clock-${name}`);
  mkdirSync(place, { recursive: true, mode: 0o711 });
  const ofGateways = new FakedClock(faketime, place, 'gateways');
  const ofDatabase = new FakedClock(faketime, place, 'database');
  await using sink = await WebhookSink.open();
  await using world = await StormWorld.start({
    folder: place,
    gateways: 2,
    environment: { ...ofGateways.environment, TICKWIRE_ALLOW_PRIVATE_URLS: 'on' },
    databaseEnvironment: ofDatabase.environment,
  });
  const jumpTo = (seconds: number): void => {
    if (whose !== 'database') ofGateways.jump(seconds);
    if (whose !== 'gateways') ofDatabase.jump(seconds);
  };
  const scene = await setScene(world, sink);
  const before = await world.stats();
  const epochs = await epochsOf(world);

  jumpTo(direction * JUMP_DAYS * DAY_SECONDS);
  // So often a gateway reads the database's clock.
  await delay(6000);
  const offDays = await daysOff(world);
  const isMoved = offDays === (whose === 'gateways' ? 0 : direction * JUMP_DAYS);
  findings.check('the database is off by, days', isMoved, offDays);
  const toldBefore = sink.requests.length;
  const sentMs = Date.now();
  await world.accept(0, 1, 'sent after the jump');
  await world.write(2, 0, 'written after the jump');
  const soonMs = await timeShown(world, 1, 'sent after the jump');
  findings.check(
    'a message sent after the jump is shown after, ms',
    soonMs - sentMs < SOON_MS_MAX,
    soonMs - sentMs,
  );
  await waitUntil('the near time to pass', () => Date.now() > scene.nearMs + 5000, 60_000);
  const lateMs = (await timeShown(world, 0, 'near')) - scene.nearMs;
  findings.check(
    'a schedule of 20 s fired after its time, ms',
    lateMs >= -LATE_MS_MAX && lateMs < LATE_MS_MAX,
    lateMs,
  );
  const told = sink.requests.slice(toldBefore).filter(({ path }) => path === '/well');
  findings.check('webhooks told of it meanwhile', told.length > 0, told.length);

  jumpTo(0);
  await delay(10_000);
  await finish(world, sink, scene, findings);
  const after = await world.stats();
  findings.check('logins', after.logins === before.logins, after.logins - before.logins);
  const now = await epochsOf(world);
  findings.check(
    'leases that changed hands',
    now === epochs,
    now === epochs ? 0 : `${epochs} → ${now}`,
  );
  findings.check('overlapping sockets', after.overlappingSockets === 0, after.overlappingSockets);
}

interface Scene {
  readonly nearMs: number;
  readonly farId: number;
  readonly expiringId: number;
  readonly queued: readonly string[];
}

async function setScene(world: StormWorld, sink: WebhookSink): Promise<Scene> {
  const [first, second] = world.apiKeys;
  sink.answer({ status: 500 }, '/ill');
  for (const [key, path] of [
    [first, '/well'],
    [second, '/ill'],
  ] as const) {
    const url = encodeURIComponent(sink.url(path));
    const { status, text } = await world.ask(`/webhook/set/${key}?url=${url}`);
    if (status !== 200) throw new Error(text);
  }
  // Ends within the jump.
  const settings = {
    gapSecondsMin: 2,
    gapSecondsMax: 3,
    chatGapSeconds: 0.1,
    newChatsPerHour: 500,
    newChatsPerDay: 500,
    warmUpNewChatsPerDay: 500,
  };
  const paced = await world.askAsOperator(`/admin/services/${second}/pacing`, settings);
  if (paced.status !== 200) throw new Error(paced.text);
  await world.onDatabase("UPDATE services SET expires_at = now() + interval '20 days'");
  const nearMs = (Math.ceil(Date.now() / 1000) + 20) * 1000;
  const farMs = Date.now() + 10 * DAY_SECONDS * 1000;
  await world.accept(0, 0, 'near', { schedule: String(nearMs / 1000) });
  const farId = await world.accept(0, 0, 'far', { schedule: String(farMs) });
  const expiring = { schedule: String(farMs), expiresAt: String(farMs + 60_000) };
  const expiringId = await world.accept(0, 0, 'expiring', expiring);
  const queued = Array.from({ length: 12 }, (_, number) => `queued ${number}`);
  for (const text of queued) await world.accept(1, 3, text);
  return { nearMs, farId, expiringId, queued };
}

async function finish(
  world: StormWorld,
  sink: WebhookSink,
  { farId, expiringId, queued }: Scene,
  findings: Findings,
): Promise<void> {
  const early = (await world.shown(0)).filter(({ text }) => text !== 'near');
  findings.check('sent 10 days early', early.length === 0, early.length);
  for (const [what, id] of [
    ['scheduled', farId],
    ['expiring', expiringId],
  ] as const) {
    const { status, statusInfo } = await world.standing(0, id);
    findings.check(
      `the ${what} message still waits`,
      status === 'Scheduled',
      `${status} ${statusInfo}`,
    );
  }
  const isQueueShown = async (): Promise<boolean> => {
    const texts = (await world.shown(3)).map(({ text }) => text);
    return queued.every((text) => texts.includes(text));
  };
  const isShown = await holds('the queue', isQueueShown);
  const texts = (await world.shown(3)).map(({ text }) => text);
  findings.check('a paced queue of 12 went on', isShown, texts.length);
  findings.check(
    'shown twice',
    new Set(texts).size === texts.length,
    texts.length - new Set(texts).size,
  );
  const inactive = await world.onDatabase("SELECT FROM services WHERE state <> 'active'");
  findings.check('services suspended', inactive.length === 0, inactive.length);
  const given = await world.onDatabase(
    "SELECT count(*) AS n FROM webhook_deliveries WHERE state <> 'pending'",
  );
  const modes = await world.onDatabase(
    "SELECT count(*) AS n FROM webhooks WHERE mode = 'disabled'",
  );
  const counts = `${JSON.stringify(given)} ${JSON.stringify(modes)}`;
  findings.check(
    'webhook deliveries given up, webhooks disabled',
    counts === '[{"n":"0"}] [{"n":"0"}]',
    counts,
  );
  sink.answer({ status: 200 }, '/ill');
  await world.ask(`/webhook/resend/${world.apiKeys[1]}`);
  const isDelivered = async (): Promise<boolean> =>
    (await world.onDatabase('SELECT FROM webhook_deliveries LIMIT 1')).length === 0;
  const arrived = await holds('all deliveries', isDelivered);
  findings.check('webhook deliveries all arrive in the end', arrived, String(arrived));
}

async function timeShown(world: StormWorld, contact: number, text: string): Promise<number> {
  const find = async (): Promise<number | undefined> =>
    (await world.shown(contact)).find((one) => one.text === text)?.at;
  return await waitUntil(`"${text}" to be shown`, find, 20_000).catch(() => Infinity);
}

async function holds(what: string, condition: () => Promise<boolean>): Promise<boolean> {
  return await waitUntil(what, condition, 60_000).catch(() => false);
}

/** Of the database's clock from this process's. */
async function daysOff(world: StormWorld): Promise<number> {
  const read = 'SELECT extract(epoch FROM clock_timestamp())::float8 AS at';
  const [row] = (await world.onDatabase(read)) as { at: number }[];
  return Math.round(((row?.at ?? NaN) - Date.now() / 1000) / DAY_SECONDS);
}

async function epochsOf(world: StormWorld): Promise<string> {
  return JSON.stringify(await world.onDatabase('SELECT epoch FROM leases ORDER BY service_id'));
}
