// Starts a TypeScript program of this repository anywhere: `node launch/launch.mjs <script.ts> [args]`.
//
// Runs on the Node a machine happens to have (20 or newer), before anything is installed, so it is
// plain JavaScript without dependencies. It installs what is missing, picks a Node that runs
// TypeScript, and then gets out of the way: the program has this terminal, the signals sent here
// and the last word on the exit code.
//
// How the program ends with its launcher:
// - It runs in a session of its own, so Ctrl-C in a terminal reaches the launcher alone, which
//   hands it on. Otherwise the program would be told twice, and a second Ctrl-C means "hurry".
// - Between the two is an IPC channel that carries nothing. When the launcher is killed outright,
//   the kernel closes it and `stop-with-launcher.mjs`, preloaded into the program, stops it.
// - npm waits for the launcher and hands signals on to it, because the scripts in package.json start
//   with `exec`: a shell in between would take a SIGTERM and keep it. When npm is killed outright,
//   the launcher sees that its parent has changed and stops the program.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chooseNode, usableNodeOptions } from './choose-node.mjs';
import { installPackages } from './install.mjs';
import { LaunchError, say } from './say.mjs';

const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** npm repeats to us the Ctrl-C we already had from the terminal: within this time it is one. */
const SAME_SIGNAL_MS = 1000;

const PARENT_POLL_MS = 500;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Hands each signal on to `child`, but only once when it comes several times at once. */
function forwardSignals(child) {
  const forwardedAtMs = new Map();
  for (const signal of FORWARDED_SIGNALS) {
    process.on(signal, () => {
      const nowMs = performance.now();
      const earlierMs = forwardedAtMs.get(signal) ?? -Infinity;
      if (nowMs - earlierMs < SAME_SIGNAL_MS) return;
      forwardedAtMs.set(signal, nowMs);
      child.kill(signal);
    });
  }
}

/** Stops `child` when the npm that started us is gone. Others may start us and leave. */
function stopWithNpm(child) {
  const npm = process.ppid;
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return;
  const watch = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, PARENT_POLL_MS);
}

/** Ends this process the way `child` ended, by the same code or the same signal. */
function endLike(child) {
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const forwarded of FORWARDED_SIGNALS) process.removeAllListeners(forwarded);
    process.kill(process.pid, signal);
  });
}

function run(node, script, scriptArguments) {
  const environment = { ...process.env };
  const nodeOptions = usableNodeOptions(node, environment['NODE_OPTIONS']);
  if (nodeOptions === undefined) delete environment['NODE_OPTIONS'];
  // Set when we are started from inside a test run: what we start is not a part of that run.
  delete environment['NODE_TEST_CONTEXT'];

  const watch = pathToFileURL(path.join(root, 'launch', 'stop-with-launcher.mjs')).href;
  const flags = ['--disable-warning=ExperimentalWarning', '--import', watch];
  const child = spawn(node, [...flags, path.resolve(root, script), ...scriptArguments], {
    cwd: root,
    env: environment,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // Windows has no sessions, and there `detached` would open a window.
    detached: process.platform !== 'win32',
  });
  child.on('error', (error) => {
    say(`Node could not be started from ${node}: ${error.message}`);
    process.exit(1);
  });
  forwardSignals(child);
  stopWithNpm(child);
  endLike(child);
}

try {
  const [script, ...scriptArguments] = process.argv.slice(2);
  if (script === undefined)
    throw new LaunchError('Usage: node launch/launch.mjs <script.ts> [args]');
  await installPackages(root);
  run(chooseNode(root), script, scriptArguments);
} catch (error) {
  if (!(error instanceof LaunchError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
