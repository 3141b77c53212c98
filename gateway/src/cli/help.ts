import type { Command } from './command.ts';

/** The help of all commands. */
export function helpOf(commands: readonly Command[]): string {
  const rows = commands.map((command) => [usageOf(command), command.help] as const);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  const lines = rows.map(([usage, help]) => `  ${usage.padEnd(width)}  ${help}`);
  return [
    'Runs a Tickwire gateway over its admin API.',
    '',
    'npx tickwire COMMAND',
    '',
    ...lines,
    '',
    'Everywhere:',
    '  --json       the answer as JSON, for programs',
    '  --url URL    where the gateway is; else TICKWIRE_URL, else http://127.0.0.1:3000',
    '  --help       more about one command, after its name',
    '',
    'The admin token comes from TICKWIRE_ADMIN_TOKEN, else from the data directory',
    '(TICKWIRE_DATA_DIR, else ./data).',
    '',
    'Ends with 0 when it was done, 1 when it was refused, 2 when the command can not be',
    'understood, and 3 when there is no gateway or no valid token.',
  ].join('\n');
}

/** The help of one command. */
export function helpOfOne(command: Command): string {
  const options = Object.entries(command.options ?? {}).map(
    ([name, { value, help }]) =>
      [`--${name}${value === undefined ? '' : ` ${value}`}`, help] as const,
  );
  const width = Math.max(0, ...options.map(([option]) => option.length));
  const lines = options.map(([option, help]) => `  ${option.padEnd(width)}  ${help}`);
  return [`npx tickwire ${usageOf(command)}`, '', `  ${command.help}`, '', ...lines]
    .join('\n')
    .trimEnd();
}

/** How it is written. */
export function usageOf({ name, takes, options }: Command): string {
  const needed = Object.entries(options ?? {})
    .filter(([, { isNeeded }]) => isNeeded === true)
    .map(([option, { value }]) => `--${option} ${value ?? ''}`);
  return [name, ...takes, ...needed].join(' ');
}
