import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AdminApi } from './admin-api.ts';
import { runCommandLine } from './command-line.ts';

const { env } = process;

process.exitCode = await runCommandLine(process.argv.slice(2), {
  connect: (url) => new AdminApi(url ?? env['TICKWIRE_URL'] ?? defaultUrl(), findToken()),
  // The launcher moves to the root of the repository; files are named from where it was called.
  readFile: (path) => readFileSync(resolve(env['TICKWIRE_CALLED_IN'] ?? '.', path), 'utf8'),
  isTerminal: process.stdout.isTTY,
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
  wait: (delayMs) => wait(delayMs),
  nowMs: () => performance.now(),
});

function defaultUrl(): string {
  return `http://127.0.0.1:${env['PORT'] ?? '3000'}`;
}

/** From the environment, else the one that the first start has made in the data directory. */
function findToken(): string | null {
  const given = env['TICKWIRE_ADMIN_TOKEN']?.trim() ?? '';
  if (given !== '') return given;
  try {
    return readFileSync(join(env['TICKWIRE_DATA_DIR'] ?? './data', 'admin.token'), 'utf8').trim();
  } catch {
    return null;
  }
}
