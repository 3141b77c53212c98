import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { openDatabase } from '../../src/storage/database.ts';
import { createDice } from '../crash/dice.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Every call eight times at once, again and again until it is answered, while the gateway is killed
// between the commit and the answer: one effect a key, and one answer.
//
// `IDEMPOTENCY_KEYS=1000 npm test -- once-under-its-key` is the long run; `IDEMPOTENCY_SEED` another.

const KEYS = Number(process.env['IDEMPOTENCY_KEYS'] ?? 40);
const SEED = Number(process.env['IDEMPOTENCY_SEED'] ?? 1);
/** A part is a test of its own, so that the long run is seen to go on. */
const KEYS_A_PART = 50;
const KEYS_AT_ONCE = 25;
const REPEATS = 8;
const ANSWERED_WITHIN_MS = 120_000;

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
// Linked to nobody: what is asked here is what was kept, and every life begins without a backlog.
const apiKey = await world.makeService();
const phones = ['447400000811', '447400000812', '447400000813'];

interface KeyedCall {
  readonly key: string;
  readonly text: string;
  readonly request: RequestInit;
  readonly recipients: number;
}

function callOf(index: number): KeyedCall {
  const key = `${index} ${randomUUID()}`;
  const text = `under key ${index}`;
  const isToAll = index % 7 === 0;
  const body = {
    phonenumber: isToAll ? phones : phones[index % phones.length],
    message: text,
    ...(index % 5 === 0 ? { base64_file: Buffer.from(`file ${index}`).toString('base64') } : {}),
  };
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  return {
    key,
    text,
    request: { method: 'POST', headers, body: JSON.stringify(body) },
    recipients: isToAll ? phones.length : 1,
  };
}

async function askUntilAnswered({ key, request }: KeyedCall): Promise<string> {
  return await waitUntil(
    `an answer to ${key}`,
    async () => {
      const answer = await world.ask(`/sendMsg/${apiKey}`, request);
      // What is not carried out yet may be refused for the moment, and for nothing else.
      assert.ok(answer.status === 200 || answer.status >= 500, answer.text);
      return answer.status === 200 ? answer.text : null;
    },
    ANSWERED_WITHIN_MS,
  );
}

for (let from = 0; from < KEYS; from += KEYS_A_PART) {
  const to = Math.min(from + KEYS_A_PART, KEYS);
  const name = `keys ${from + 1} to ${to}, ${REPEATS} times each, and kills: one effect and one answer a key`;
  test(name, async (t) => {
    const dice = createDice(SEED + from);
    const indexes = Array.from({ length: to - from }, (_, index) => from + index);
    const calls = indexes.map(callOf);
    const progress = { isDone: false };
    let kills = 0;
    const answered = answerAll(calls).finally(() => (progress.isDone = true));
    answered.catch(() => undefined);
    while (!progress.isDone) {
      // The first gateway, and every third, lives until it is killed from outside.
      if (kills % 3 === 0) {
        const deadline = dice.between(5, 40);
        let turns = 0;
        await waitUntil('the moment', () => progress.isDone || (turns += 1) > deadline);
        await world.gateway.kill();
      } else {
        await waitUntil(
          'the gateway to kill itself',
          () => progress.isDone || !world.gateway.isRunning,
          ANSWERED_WITHIN_MS,
        );
      }
      kills += 1;
      if (progress.isDone) await world.gateway.kill();
      const isPointed = !progress.isDone && kills % 3 !== 0;
      await world.startGateway(
        isPointed ? { TICKWIRE_CRASH_AT: `inserted:${dice.between(1, 6)}` } : {},
      );
    }
    await checkEffects(calls, await answered);
    t.diagnostic(`${calls.length} keys, ${calls.length * REPEATS} calls, ${kills} kills`);
  });
}

/** @returns the answers of each call, by its place */
async function answerAll(calls: readonly KeyedCall[]): Promise<string[][]> {
  const answers: string[][] = [];
  for (let index = 0; index < calls.length; index += KEYS_AT_ONCE) {
    const some = calls.slice(index, index + KEYS_AT_ONCE);
    answers.push(
      ...(await Promise.all(
        some.map((call) =>
          Promise.all(Array.from({ length: REPEATS }, () => askUntilAnswered(call))),
        ),
      )),
    );
  }
  return answers;
}

async function checkEffects(
  calls: readonly KeyedCall[],
  answers: readonly string[][],
): Promise<void> {
  const database = openDatabase(world.databaseUrl, () => undefined);
  after(() => database.close());
  const rows = await database.query
    .selectFrom('messages')
    .select(['id', 'text'])
    .where(
      'text',
      'in',
      calls.map((call) => call.text),
    )
    .execute();
  const expected = calls.reduce((sum, call) => sum + call.recipients, 0);
  assert.equal(rows.length, expected, 'one message a recipient, of all calls');
  for (const [index, call] of calls.entries()) {
    const [answer = '', ...others] = answers[index] ?? [];
    assert.equal(others.length, REPEATS - 1);
    for (const other of others) assert.equal(other, answer);
    const ids = [...answer.matchAll(/"messageId":(\d+)/g)].map(([, id]) => Number(id));
    const kept = rows.filter((row) => row.text === call.text).map((row) => row.id);
    assert.deepEqual(ids.toSorted(ascending), kept.map(Number).toSorted(ascending), call.key);
  }
}

function ascending(one: number, other: number): number {
  return one - other;
}
