import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { CuttableLine } from '../../test/harness/cuttable-line.ts';
import { createTestDatabase } from '../../test/harness/database.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { leaseOf, storeService } from '../../test/harness/stored-service.ts';
import { waitUntil } from '../../test/harness/wait-until.ts';
import { whatsAppId } from '../domain/ids.ts';
import { createInbox } from '../inbox/inbox.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLog } from '../runtime/log.ts';
import { openDatabase } from './database.ts';
import { StoredKeyVault } from './keys/key-vault.ts';
import { whenDatabaseAnswers } from './when-database-answers.ts';

// What comes from WhatsApp while the database is away can not be told to come again: it waits.

const codec = {
  encode: (_type: string, value: unknown) => Buffer.from(JSON.stringify(value)),
  decode: (_type: string, bytes: Buffer): unknown => JSON.parse(bytes.toString()),
};

test('keys are loaded, and messages and ticks kept, when the database is back', async () => {
  const made = await createTestDatabase();
  const farUrl = new URL(made.url);
  const line = await CuttableLine.open(() => Number(farUrl.port));
  const nearUrl = new URL(made.url);
  nearUrl.port = String(line.port);
  const database = openDatabase(nearUrl.href, () => undefined);
  const service = await storeService(database);
  const newVault = (): StoredKeyVault =>
    new StoredKeyVault(database, Buffer.alloc(32, 1), codec, systemClock, createLog('silent'));
  const vault = newVault();
  vault.stage(leaseOf(service), 'session', 'ann', 1);
  await vault.close();
  const inbox = createInbox(
    database,
    { seal: () => Buffer.alloc(0), onFile: () => undefined },
    systemClock,
    { onEvents: () => undefined, onLost: () => undefined },
  );

  await line.cut();
  const loading = newVault().load(leaseOf(service), 'session', ['ann']);
  const keeping = inbox.recordMessage({
    lease: leaseOf(service),
    whatsAppId: randomBytes(8).toString('hex'),
    groupId: '',
    fromPhone: '447400000002',
    fromLid: null,
    type: 'chat',
    text: 'while the database was away',
    sentAtMs: 0,
    file: null,
  });
  const ticking = inbox.recordAnswer({
    lease: leaseOf(service),
    whatsAppId: whatsAppId('3EB0'),
    verdict: { tick: 'server' },
    atMs: 0,
  });
  await assert.rejects(database.pool.query('SELECT 1'));
  await line.mend();
  assert.equal((await loading).get('ann'), 1);
  await Promise.all([keeping, ticking]);
  const { rows } = await database.pool.query<{ text: string }>(
    'SELECT text FROM received_messages',
  );
  assert.deepEqual(rows, [{ text: 'while the database was away' }]);
  await database.close();
  await line[Symbol.asyncDispose]();
  await made.drop();
});

test('what the database refuses is not repeated', async () => {
  let attempts = 0;
  const failing = (): Promise<never> => {
    attempts += 1;
    return Promise.reject(new Error('no such column'));
  };
  await assert.rejects(whenDatabaseAnswers(new ManualClock(), failing), /no such column/);
  assert.equal(attempts, 1);
});

test('it waits a moment between attempts', async () => {
  const clock = new ManualClock();
  let attempts = 0;
  const done = whenDatabaseAnswers(clock, () => {
    attempts += 1;
    const away = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    return attempts < 3 ? Promise.reject(away) : Promise.resolve('there');
  });
  for (const expected of [1, 2]) {
    await waitUntil('the next attempt to be planned', () => clock.hasAlarm);
    assert.equal(attempts, expected);
    clock.advance(250);
  }
  assert.equal(await done, 'there');
});
