import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { pino } from 'pino';
import type { ServiceId } from '../../domain/ids.ts';
import { systemClock } from '../../runtime/clock.ts';
import { leaseOf, openTestDatabase, storeService } from '../../../test/harness/stored-service.ts';
import { StoredKeyVault } from './key-vault.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;
const masterKey = randomBytes(32);
const log = pino({ level: 'silent' });

const codec = {
  encode: (_type: string, value: unknown) => Buffer.from(JSON.stringify(value)),
  decode: (_type: string, bytes: Buffer): unknown => JSON.parse(bytes.toString()),
};

const openVault = (key = masterKey): StoredKeyVault =>
  new StoredKeyVault(database, key, codec, systemClock, log);

const rowsOf = async (serviceId: ServiceId) =>
  await database.query
    .selectFrom('account_keys')
    .selectAll()
    .where('service_id', '=', serviceId)
    .orderBy('name')
    .execute();

test('a staged key is read at once, and is in the database when durable says so', async () => {
  const service = await storeService(database);
  const vault = openVault();
  assert.equal(vault.durable(leaseOf(service)), null);
  vault.stage(leaseOf(service), 'session', 'ann', { step: 1 });
  assert.deepEqual(
    [...(await vault.load(leaseOf(service), 'session', ['ann', 'bob']))],
    [['ann', { step: 1 }]],
  );
  const pending = vault.durable(leaseOf(service));
  assert.notEqual(pending, null);
  await pending;
  assert.equal(vault.durable(leaseOf(service)), null);
  const reopened = await openVault().load(leaseOf(service), 'session', ['ann']);
  assert.deepEqual(reopened.get('ann'), { step: 1 });
});

test('what was staged during a flush is durable only with the next one', async () => {
  const service = await storeService(database);
  const vault = openVault();
  vault.stage(leaseOf(service), 'session', 'ann', 1);
  const first = vault.durable(leaseOf(service));
  await Promise.resolve();
  vault.stage(leaseOf(service), 'session', 'ann', 2);
  const second = vault.durable(leaseOf(service));
  await first;
  await second;
  assert.equal((await openVault().load(leaseOf(service), 'session', ['ann'])).get('ann'), 2);
});

test('many accounts and many steps share few flushes, and the last value wins', async () => {
  const services = await Promise.all(Array.from({ length: 5 }, () => storeService(database)));
  const vault = openVault();
  for (let stepNumber = 0; stepNumber < 40; stepNumber += 1) {
    for (const service of services) vault.stage(leaseOf(service), 'session', 'ann', stepNumber);
    if (stepNumber % 10 === 0) await Promise.resolve();
  }
  await vault.close();
  for (const service of services) {
    assert.equal((await openVault().load(leaseOf(service), 'session', ['ann'])).get('ann'), 39);
  }
});

test('a deleted key is gone at once and for good', async () => {
  const service = await storeService(database);
  const vault = openVault();
  vault.stage(leaseOf(service), 'pre-key', '7', { secret: 1 });
  vault.stage(leaseOf(service), 'session', 'ann', 1);
  await vault.durable(leaseOf(service));
  vault.stage(leaseOf(service), 'pre-key', '7', null);
  vault.stage(leaseOf(service), 'session', 'ann', 2);
  assert.equal((await vault.load(leaseOf(service), 'pre-key', ['7'])).size, 0);
  await vault.durable(leaseOf(service));
  assert.deepEqual(
    (await rowsOf(service)).map((row) => row.name),
    ['ann'],
  );
});

test('the database alone tells nothing: sealed values, bound to account, kind and name', async () => {
  const [mine, other] = [await storeService(database), await storeService(database)];
  const vault = openVault();
  vault.stage(leaseOf(mine), 'session', 'ann', 'very-secret-ratchet');
  await vault.durable(leaseOf(mine));
  const [row] = await rowsOf(mine);
  assert.ok(row !== undefined && !row.sealed.includes('very-secret-ratchet'));
  await database.query
    .insertInto('account_keys')
    .values({ ...row, service_id: other })
    .execute();
  await database.query
    .insertInto('account_keys')
    .values({ ...row, name: 'bob' })
    .execute();
  await assert.rejects(openVault().load(leaseOf(other), 'session', ['ann']));
  await assert.rejects(openVault().load(leaseOf(mine), 'session', ['bob']));
  await assert.rejects(openVault(randomBytes(32)).load(leaseOf(mine), 'session', ['ann']));
});

test('forgetting deletes every key of the account and no other', async () => {
  const [mine, other] = [await storeService(database), await storeService(database)];
  const vault = openVault();
  vault.stage(leaseOf(mine), 'creds', '', 1);
  vault.stage(leaseOf(mine), 'session', 'ann', 1);
  vault.stage(leaseOf(other), 'session', 'ann', 1);
  await vault.forget(leaseOf(mine));
  await vault.close();
  assert.equal((await vault.load(leaseOf(mine), 'session', ['ann'])).size, 0);
  assert.deepEqual(await rowsOf(mine), []);
  assert.equal((await rowsOf(other)).length, 1);
});
