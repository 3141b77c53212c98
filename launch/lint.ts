// `npm run lint`: everything a machine can say about the code, one line a check; what a check has
// to complain about is printed in full. `--fix` formats first (`npm run format`).

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Check {
  readonly name: string;
  /** A package's command and its arguments. */
  readonly command: readonly [name: string, ...rest: string[]];
}

const root = dirname(import.meta.dirname);
const isFixing = process.argv.includes('--fix');

const CHECKS: readonly Check[] = [
  { name: 'format', command: isFixing ? ['oxfmt'] : ['oxfmt', '--check'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', command: ['tsc', '--project', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
];

/** Runs a check to its end, with the Node that runs this. */
async function run({ command: [name, ...rest] }: Check): Promise<{ ok: boolean; output: string }> {
  const program = join(root, 'node_modules', '.bin', name);
  if (!existsSync(program)) return { ok: false, output: `${name} is not installed` };
  return await new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...rest], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', (code) => {
      resolve({ ok: code === 0, output: Buffer.concat(chunks).toString().trimEnd() });
    });
  });
}

for (const check of CHECKS) {
  const startedMs = performance.now();
  const { ok, output } = await run(check);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${ok ? '✔' : '✖'} ${check.name} (${seconds} s)`);
  if (ok) continue;
  console.log(output.replaceAll(/^/gm, '    '));
  process.exitCode = 1;
}
