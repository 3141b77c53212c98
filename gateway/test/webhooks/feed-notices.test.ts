import { after, test } from 'node:test';
import type { ServiceId } from '../../src/domain/ids.ts';
import { createLog } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Notices } from '../../src/storage/notices/notices.ts';
import { openFeed } from '../../src/storage/webhooks/feed.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { WebhookWorld } from './webhook-world.ts';

// Two that deliver on one database stand for two processes. Feeds look by themselves once an hour
// here, so what is seen was told.

const world = await WebhookWorld.open();
after(() => world[Symbol.asyncDispose]());
const notices: Notices[] = [];
after(() => Promise.all(notices.map((each) => each.close())));
const [here, there] = await Promise.all([openProcess(), openProcess()]);

async function openProcess() {
  const heard = new Notices({
    url: world.databaseUrl,
    clock: systemClock,
    random: systemRandom,
    log: createLog('silent'),
  });
  notices.push(heard);
  heard.start();
  await waitUntil('notices to be heard', () => heard.isHearing);
  return world.openWebhooks({ notices: heard, feedLookEveryMs: 3_600_000 });
}

async function makeFeed(): Promise<ServiceId> {
  const serviceId = await world.makeService();
  await openFeed(world.database.pool, serviceId, Buffer.from('sealed'));
  return serviceId;
}

/** Another test's transaction may hide an event for longer than it is looked for after one notice. */
async function seen(serviceId: ServiceId, tell: () => Promise<void> | void): Promise<void> {
  const { signal } = new AbortController();
  let isSeen = false;
  void there.feed.wait(serviceId, 0, 60_000, signal).then(() => (isSeen = true));
  await tell();
  await waitUntil(
    'it to be seen',
    () => {
      if (!isSeen) here.tellFeeds([serviceId]);
      return isSeen;
    },
    30_000,
  );
}

test('an event that one process has kept is seen by a listener of the other', async () => {
  const serviceId = await makeFeed();
  await world.tell(serviceId, 1, ['server']);
  await seen(serviceId, () => here.tellFeeds([serviceId]));
});

test('so is one that a trigger has kept', async () => {
  const serviceId = await makeFeed();
  const told: string[] = [];
  const heard = notices[0]?.listen('tickwire_events_kept', {
    onNotice: (payload) => told.push(payload),
    onGap: () => undefined,
  });
  await world.database.query
    .updateTable('services')
    .set({ state: 'suspended' })
    .where('id', '=', serviceId)
    .execute();
  await waitUntil('the notice', () => told.includes(String(serviceId)));
  heard?.();
});
