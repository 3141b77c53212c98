import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lockDirectory } from './directory-lock.ts';

const base = mkdtempSync(join(tmpdir(), 'tickwire-lock-'));
after(() => rmSync(base, { recursive: true }));

const HOLDER = `
  const { lockDirectory } = await import(${JSON.stringify(import.meta.resolve('./directory-lock.ts'))});
  try {
    await lockDirectory(process.argv[1]);
    console.log('held');
    setInterval(() => {}, 1000);
  } catch (error) {
    console.log(error.message);
  }
`;

/** A process that tries to take the directory, and what it said about it. */
async function startHolder(directory: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', HOLDER, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = await once(child.stdout, 'data');
  return { child, said: String(chunk).trim() };
}

test('a second process is refused with a sentence that names the first', async () => {
  const directory = join(base, 'second');
  const lock = await lockDirectory(directory);
  const { said } = await startHolder(directory);
  assert.match(said, /is already in use by another Tickwire \(process \d+\)/);
  assert.ok(said.includes(`process ${process.pid})`));
  lock.release();
});

test('a released directory is free again, and releasing twice is harmless', async () => {
  const directory = join(base, 'released');
  const lock = await lockDirectory(directory);
  lock.release();
  lock.release();
  (await lockDirectory(directory)).release();
});

test('one process can not take a directory twice', async () => {
  const directory = join(base, 'twice');
  const lock = await lockDirectory(directory);
  await assert.rejects(lockDirectory(directory), /already in use/);
  lock.release();
});

test('kill -9 of the holder frees the directory at once', async () => {
  const directory = join(base, 'killed');
  const { child, said } = await startHolder(directory);
  assert.equal(said, 'held');
  await assert.rejects(lockDirectory(directory), new RegExp(`process ${child.pid}\\)`));
  child.kill('SIGKILL');
  await once(child, 'exit');
  (await lockDirectory(directory)).release();
});

test('of many that start together exactly one gets the directory', async () => {
  const directory = join(base, 'race');
  const holders = await Promise.all(Array.from({ length: 4 }, () => startHolder(directory)));
  assert.equal(holders.filter(({ said }) => said === 'held').length, 1);
  for (const { child } of holders) child.kill('SIGKILL');
});

test('a path longer than a socket address may be is fine', async () => {
  const directory = join(base, 'long'.repeat(50));
  (await lockDirectory(directory)).release();
});
