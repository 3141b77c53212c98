import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { newApiKey } from '../../src/domain/api-key.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The command line, run as a process against a real gateway.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());

const TICKWIRE = join(import.meta.dirname, '../../../launch/tickwire.mjs');

/** Starts `npx tickwire ...` as the launcher would. */
function start(words: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [TICKWIRE, ...words], {
    cwd: world.dataDir,
    env: {
      ...process.env,
      TICKWIRE_URL: world.gateway.url,
      TICKWIRE_ADMIN_TOKEN: world.gateway.adminToken,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const heard = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (heard.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (heard.err += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...heard }));
  return { heard, ended };
}

const run = (...words: readonly string[]) => start(words).ended;

/** Runs a command that must succeed, for its JSON. */
async function json(...words: readonly string[]) {
  const { code, out, err } = await run(...words, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

test('agents: made, topped up once under a key, listed, their statement read', async () => {
  const made = await json('agents', 'create', 'Corner shop', '--credit', '100', '--mode', 'test');
  const agent = String(made.agentId);
  const top = ['agents', 'credit', agent, '12.50', '--idempotency-key', 'a'];
  assert.deepEqual(await json(...top), { credit: '112.50' });
  assert.equal((await run(...top)).out, 'The credit is 112.50 now.\n');
  const listed = await run('agents', 'list');
  assert.match(listed.out, /^AGENT +NAME +MODE +KEY +CREDIT +SERVICES\n/);
  assert.match(listed.out, /\n\d+ +Corner shop +test +\w{7}-\.\.\. +112\.50 +0\n/);
  const { entries } = await json('agents', 'statement', agent);
  assert.deepEqual(
    entries.map(({ amount, balance }: Record<string, string>) => [amount, balance]),
    [
      ['100.00', '100.00'],
      ['12.50', '112.50'],
    ],
  );
  const csv = await run('agents', 'statement', agent, '--csv');
  assert.equal(csv.out.trim().split('\n').length, 3);
  assert.match((await run('agents', 'statement', agent)).out, /top-up .*12\.50 +112\.50/);
});

test('agents: another key, a purchase taken back, where they are told of their services', async () => {
  const made = await json('agents', 'create', 'Kiosk', '--credit', '10', '--mode', 'test');
  const agent = String(made.agentId);
  const { agentKey } = await json('agents', 'rotate-key', agent, '--overlap-hours', '0');
  const balance = async (key: string) =>
    (await world.ask(`/module/getWalletBalance?agentKey=${key}`)).status;
  assert.deepEqual([await balance(made.agentKey), await balance(agentKey)], [401, 200]);

  const bought = await world.ask(`/module/create?agentKey=${agentKey}&planId=2&cycle=1`);
  const { entries } = await json('agents', 'statement', agent);
  const reversed = await run('agents', 'reverse', agent, String(entries[1].transactionId));
  assert.equal(reversed.out, 'It is taken back. The credit is 10.00 now.\n');

  const key = bought.json.apiKey as string;
  const rotated = await run('services', 'rotate-key', key, '--overlap-hours', '1');
  assert.match(rotated.out, /^The new key: [\w-]{39}\nThe old one works until \d{4}-/);
  assert.equal((await run('services', 'restore', key)).code, 1);

  assert.equal((await run('agents', 'webhook', agent)).out, 'None is set.\n');
  const refused = await run('agents', 'webhook', agent, '--set', 'http://127.0.0.1/');
  assert.equal(refused.code, 1);
  const url = 'https://example.com/reseller';
  const set = await json('agents', 'webhook', agent, '--set', url);
  assert.deepEqual([set.url, set.state], [url, 'flowing']);
  assert.match(set.secret, /^whsec_/);
  assert.equal((await run('agents', 'webhook', agent, '--remove')).out, 'None is set.\n');
});

test('help of one command, and of what it needs', async () => {
  const one = await run('help', 'services', 'renew');
  assert.match(one.out, /^npx tickwire services renew KEY --cycle MONTHS\n/);
  assert.deepEqual(await run('services', 'renew', '--help'), one);
});

test('services: made, listed, suspended, brought back, renewed, expired, removed', async () => {
  const order = ['services', 'create', '--plan', '4', '--cycle', '1', '--mode', 'test'];
  const made = await run(...order, '--phone', '447400000401');
  assert.equal(made.code, 0, made.err);
  const key = made.out.trim();
  assert.equal((await json('services', 'show', key)).connection, 'connected');
  const list = await run('services', 'list');
  assert.match(list.out, new RegExp(`\n${key} +test +active +Premium +447400000401 +connected`));
  assert.equal((await run('services', 'suspend', key)).out, 'The service is suspended.\n');
  assert.equal((await json('services', 'unsuspend', key)).state, 'active');
  const renewed = await run('services', 'renew', key, '--cycle', '12');
  assert.match(renewed.out, /^The service runs until \d{4}-/);
  assert.equal((await run('services', 'expire', key)).out, 'The service is expired.\n');
  assert.equal((await json('services', 'remove', key)).state, 'removed');
  const gone = await run('services', 'show', key);
  assert.deepEqual(gone, { code: 1, out: '', err: 'There is no such service.\n' });
});

const make = async (): Promise<string> =>
  (await json('services', 'create', '--plan', '2', '--cycle', '1', '--mode', 'test')).apiKey;

describe('link', () => {
  test('draws the QR code and ends when the phone has scanned it', async () => {
    const key = await make();
    const phone = '447400000402';
    await world.askSimulator('/simulator/phones', { phone });
    const link = start(['link', key]);
    await waitUntil('a QR code to be drawn', () => /(?:.*[▄▀█].*\n){20}/.exec(link.heard.out)?.[0]);
    const { json: shown } = await world.ask(`/module/qrCode?apiKey=${key}`);
    await world.askSimulator(`/simulator/phones/${phone}/scan`, { qr: shown.qrCode });
    const { code, out, err } = await link.ended;
    assert.equal(code, 0, err);
    assert.match(out, new RegExp(`\nLinked to \\+${phone}\\.\n$`));
  });

  test('for programs every code is a line of JSON', async () => {
    const key = await make();
    const phone = '447400000403';
    await world.askSimulator('/simulator/phones', { phone });
    const link = start(['link', key, '--json']);
    const line = await waitUntil('a QR code', () => /^(.*)\n/.exec(link.heard.out)?.[1]);
    await world.askSimulator(`/simulator/phones/${phone}/scan`, { qr: JSON.parse(line).qrCode });
    const { code, out } = await link.ended;
    assert.equal(code, 0);
    assert.equal(JSON.parse(out.trim().split('\n').at(-1) ?? '').number, phone);
  });

  test('by pairing code', async () => {
    const key = await make();
    const phone = '447400000404';
    await world.askSimulator('/simulator/phones', { phone });
    const link = start(['link', key, '--code', `+${phone}`]);
    const pairCode = await waitUntil(
      'a pairing code',
      () => /instead: (\w{4}-\w{4})\n/.exec(link.heard.out)?.[1],
    );
    await world.askSimulator(`/simulator/phones/${phone}/enter-code`, { pairCode });
    assert.equal((await link.ended).code, 0);
  });

  test('gives up when nobody scans', async () => {
    const { code, err } = await run('link', await make(), '--timeout', '0');
    assert.equal(code, 1);
    assert.match(err, /No phone was linked in time/);
  });
});

test('import: tried, done, done again, and refused with every bad line', async () => {
  const key = newApiKey((count) => systemRandom.bytes(count));
  const file = join(world.dataDir, 'moved.csv');
  writeFileSync(file, `apiKey,plan,expiry\n${key},Pro,2027-03-31\n`);
  const words = ['import', 'moved.csv', '--mode', 'test'];
  const tried = await run(...words, '--dry-run');
  assert.equal(tried.out, 'Services would be imported: 1; here already: 0.\n');
  assert.equal((await run(...words)).out, 'Services imported: 1; here already: 0.\n');
  assert.deepEqual(await json(...words), { dryRun: false, created: 0, unchanged: [2] });
  assert.equal((await json('services', 'show', key)).plan, 'Pro');
  writeFileSync(file, `apiKey,plan,expiry\nx,Pro,2027-03-31\n${key},Gold,never\n`);
  const { code, out, err } = await run(...words);
  assert.deepEqual([code, out], [1, '']);
  assert.deepEqual(
    [...err.matchAll(/^ {2}line (\d): /gm)].map(([, line]) => line),
    ['2', '3', '3'],
  );
  // A service that came without its phone takes messages, and sends them once it is linked.
  const id = await world.send(key, '447400000406', 'accepted under the old key');
  const phone = '447400000405';
  await world.askSimulator('/simulator/phones', { phone });
  const link = start(['link', key, '--json']);
  const line = await waitUntil('a QR code', () => /^(.*)\n/.exec(link.heard.out)?.[1]);
  await world.askSimulator(`/simulator/phones/${phone}/scan`, { qr: JSON.parse(line).qrCode });
  assert.equal((await link.ended).code, 0);
  await world.waitForStatus(key, id, { delivery: 'read' });
});

describe('what can not be done ends with a sentence and its code', () => {
  const long = 'x'.repeat(39);
  for (const [words, code, sentence] of [
    [['agents'], 2, /There is: agents list/],
    [['sing'], 2, /npx tickwire --help shows all/],
    [['agents', 'create'], 2, /It is written: npx tickwire agents create NAME/],
    [['agents', 'list', 'all'], 2, /It is written: npx tickwire agents list/],
    [['agents', 'list', '--all'], 2, /Unknown option '--all'/],
    [['services', 'create', '--plan', '4'], 2, /--cycle is missing/],
    [['services', 'create', '--plan', '9', '--cycle', '1'], 1, /planId must be 2/],
    [['agents', 'credit', 'Ann', '5'], 2, /no agent's number/],
    [['agents', 'credit', '99999', '5'], 1, /There is no such agent/],
    [['agents', 'credit', '1', '5,00'], 1, /must be an amount/],
    [['services', 'suspend', long], 1, /There is no such service/],
    [['import', 'nowhere.csv'], 2, /can not be read/],
    [['agents', 'list', '--url', 'http://127.0.0.1:1'], 3, /There is no gateway at/],
    [['agents', 'list', '--url', 'nonsense'], 2, /is no address/],
    [['agents', 'list', '--url', 'file:///etc/passwd'], 2, /is no address/],
  ] as const) {
    test(words.join(' '), async () => {
      const ended = await run(...words);
      assert.equal(ended.code, code, ended.err);
      assert.match(ended.err, sentence);
      assert.equal(ended.out, '');
    });
  }

  test('a wrong token, and none', async () => {
    const words = ['agents', 'list'];
    const wrong = await start(words, { TICKWIRE_ADMIN_TOKEN: 'wrong' }).ended;
    assert.deepEqual([wrong.code, wrong.err], [3, 'The admin token is missing or wrong.\n']);
    const nowhere = { TICKWIRE_ADMIN_TOKEN: '', TICKWIRE_DATA_DIR: join(world.dataDir, 'none') };
    const none = await start(words, nowhere).ended;
    assert.equal(none.code, 3);
    assert.match(none.err, /There is no admin token/);
  });

  test('the token is found in the data directory', async () => {
    writeFileSync(join(world.dataDir, 'admin.token'), `${world.gateway.adminToken}\n`);
    const place = { TICKWIRE_ADMIN_TOKEN: '', TICKWIRE_DATA_DIR: world.dataDir };
    const { code, err } = await start(['agents', 'list'], place).ended;
    assert.equal(code, 0, err);
  });

  test('the help needs no gateway', async () => {
    const all = await start(['--help'], { TICKWIRE_ADMIN_TOKEN: '' }).ended;
    assert.equal(all.code, 0);
    assert.match(all.out, /services renew KEY/);
    assert.match((await run('link', '--help')).out, /--timeout SECONDS/);
  });
});
