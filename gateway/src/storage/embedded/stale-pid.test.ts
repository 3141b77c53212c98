import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { identify } from './stale-pid.ts';

const cluster = realpathSync(mkdtempSync(join(tmpdir(), 'tickwire-cluster-')));
after(() => rmSync(cluster, { recursive: true }));
const options = { skip: process.platform !== 'linux' };

/** A process that calls itself as PostgreSQL does, started in `cwd` for the cluster. */
async function disguised(name: string, cwd: string) {
  const idle = ['--eval', 'console.log(); setInterval(() => {}, 1000)', '--', '-D', cluster, ''];
  const child = spawn(process.execPath, idle, {
    argv0: name,
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

test('a live process of another program is a stranger', options, async () => {
  assert.equal(await identify(process.pid, cluster), 'stranger');
});

test('a process that has ended has ended', options, async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  assert.equal(await identify(child.pid ?? 0, cluster), 'ended');
});

test(
  'a postgres of this cluster is its server, one of another is a stranger',
  options,
  async () => {
    const here = await disguised('postgres', cluster);
    const elsewhere = await disguised('postgres', tmpdir());
    assert.equal(await identify(here.pid ?? 0, cluster), 'server');
    assert.equal(await identify(elsewhere.pid ?? 0, cluster), 'stranger');
    here.kill('SIGKILL');
    elsewhere.kill('SIGKILL');
  },
);

test('another program in the directory of the cluster is a stranger', options, async () => {
  const shell = await disguised('node', cluster);
  assert.equal(await identify(shell.pid ?? 0, cluster), 'stranger');
  shell.kill('SIGKILL');
});
