import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DurabilityGate } from './durability-gate.ts';

/** A gate with its wire and its pending key writes in the test's hands. */
function openGate() {
  const wire: number[] = [];
  const failures: unknown[] = [];
  const keys: { pending: Promise<void> | null } = { pending: null };
  const gate = new DurabilityGate(
    (frame) => wire.push(frame[0] ?? -1),
    () => keys.pending,
    (error) => failures.push(error),
  );
  const pass = (number: number): void => {
    gate.pass(Uint8Array.of(number));
  };
  return { gate, wire, failures, keys, pass };
}

/** Lets everything that was resolved run on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('with nothing staged a frame passes at once', () => {
  const { pass, wire } = openGate();
  pass(1);
  assert.deepEqual(wire, [1]);
});

test('a frame waits for the keys staged before it, and later frames wait behind it', async () => {
  const { pass, wire, keys } = openGate();
  const commit = Promise.withResolvers<void>();
  keys.pending = commit.promise;
  pass(1);
  keys.pending = null;
  pass(2);
  await settle();
  assert.deepEqual(wire, []);
  commit.resolve();
  await settle();
  assert.deepEqual(wire, [1, 2]);
  pass(3);
  assert.deepEqual(wire, [1, 2, 3]);
});

test('a commit held while frames wait also holds the frames after it, not those before', async () => {
  const { gate, pass, wire } = openGate();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  gate.hold(first.promise);
  pass(1);
  gate.hold(second.promise);
  pass(2);
  first.resolve();
  await settle();
  assert.deepEqual(wire, [1]);
  second.resolve();
  await settle();
  assert.deepEqual(wire, [1, 2]);
});

test('when a commit fails, what waited for it never leaves and the failure is told', async () => {
  const { gate, pass, wire, failures } = openGate();
  const commit = Promise.withResolvers<void>();
  gate.hold(commit.promise);
  pass(1);
  commit.reject(new Error('away'));
  await settle();
  assert.deepEqual(wire, []);
  assert.match(String(failures[0]), /away/);
});
