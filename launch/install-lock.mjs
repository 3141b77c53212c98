import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LaunchError, say } from './say.mjs';

/** The holder shows that it lives by touching its lock this often ... */
const HEARTBEAT_MS = 1000;
/** ... and is taken for dead when it has not for so long. */
const SILENCE_MAX_MS = 10_000;
const POLL_MS = 200;

/**
 * Runs `work` while no other launch of this checkout installs, waiting for one that does. `work`
 * gets `{ workDoneBy(pid) }` to name the process that must have ended too before the lock of a
 * killed launcher may be taken over. The lock is a file beside node_modules (npm empties that).
 */
export async function withInstallLock(root, work) {
  const file = path.join(root, '.installing');
  const token = randomUUID();
  await acquire(file, token);
  const heartbeat = setInterval(() => touch(file), HEARTBEAT_MS);
  try {
    return await work({ workDoneBy: (pid) => writeFileSync(file, holderLine(token, pid)) });
  } finally {
    clearInterval(heartbeat);
    if (readHolder(file)?.token === token) rmSync(file, { force: true });
  }
}

async function acquire(file, token) {
  let told = false;
  while (!tryCreate(file, token)) {
    const holder = readHolder(file);
    if (holder !== undefined && isDead(holder)) {
      takeAway(file, holder);
      continue;
    }
    if (!told) say('Waiting for another start of Tickwire to finish installing packages ...');
    told = true;
    await delay(POLL_MS);
  }
}

function tryCreate(file, token) {
  try {
    writeFileSync(file, holderLine(token, process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new LaunchError(
      `The packages of Tickwire are not installed, and this user may not write to ${path.dirname(file)} (${error.code}). Please start once as a user who may.`,
    );
  }
}

function holderLine(token, pid) {
  return `${token} ${pid}\n`;
}

function readHolder(file) {
  try {
    const [token, pid] = readFileSync(file, 'utf8').trim().split(' ');
    return { token, pid: Number(pid), silentMs: Date.now() - statSync(file).mtimeMs };
  } catch {
    return undefined;
  }
}

function isDead(holder) {
  if (holder.silentMs < SILENCE_MAX_MS) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return error.code === 'ESRCH' || Number.isNaN(holder.pid);
  }
}

/** Removes the lock of the dead `holder`, and puts back what another launch made in the meantime. */
function takeAway(file, holder) {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readHolder(aside)?.token === holder.token) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function touch(file) {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // The checkout is being removed under us: the install itself will say so.
  }
}
