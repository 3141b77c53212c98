import { parseArgs, type ParseArgsConfig } from 'node:util';
import { AGENT_COMMANDS } from './agents.ts';
import type { Command } from './command.ts';
import { EXIT_CODES, Failure } from './failure.ts';
import { helpOf, helpOfOne, usageOf } from './help.ts';
import { IMPORT_COMMAND } from './import.ts';
import { LINK_COMMAND } from './link.ts';
import { SERVICE_COMMANDS } from './service-commands.ts';
import type { Terminal } from './terminal.ts';

const COMMANDS: readonly Command[] = [
  ...AGENT_COMMANDS,
  ...SERVICE_COMMANDS,
  LINK_COMMAND,
  IMPORT_COMMAND,
];

const EVERYWHERE = {
  json: { type: 'boolean' },
  url: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Does what a command line says.
 * @param words what follows the program's name
 * @returns the exit code
 */
export async function runCommandLine(
  words: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    await run(words, terminal);
    return EXIT_CODES.done;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.complain(error.message);
    return error.exitCode;
  }
}

async function run(words: readonly string[], terminal: Terminal): Promise<void> {
  const isHelp = words[0] === 'help' || words.some((word) => word === '--help' || word === '-h');
  const command = findCommand(words[0] === 'help' ? words.slice(1) : words);
  if (isHelp || words.length === 0) {
    terminal.print(command === null ? helpOf(COMMANDS) : helpOfOne(command));
    return;
  }
  if (command === null) throw unknown(words);
  const { values, positionals } = parse(command, words.slice(command.name.split(' ').length));
  if (positionals.length !== command.takes.length) {
    throw new Failure('misused', `It is written: npx tickwire ${usageOf(command)}`);
  }
  const { json, url, ...options } = values;
  const isJson = json === true;
  await command.run({
    api: terminal.connect(typeof url === 'string' ? url : undefined),
    terminal,
    given: Object.fromEntries(command.takes.map((name, at) => [name, positionals[at] ?? ''])),
    options,
    isJson,
    report(answer, text) {
      terminal.print(isJson ? JSON.stringify(answer, null, terminal.isTerminal ? 2 : 0) : text);
    },
  });
}

/** The command whose words come first. */
function findCommand(words: readonly string[]): Command | null {
  const first = words.slice(0, 2).join(' ');
  return COMMANDS.find(({ name }) => `${first} `.startsWith(`${name} `)) ?? null;
}

function unknown(words: readonly string[]): Failure {
  const [first = ''] = words;
  const near = COMMANDS.filter(({ name }) => name.startsWith(`${first} `)).map(usageOf);
  const hint =
    near.length === 0 ? 'npx tickwire --help shows all.' : `There is: ${near.join(', ')}.`;
  return new Failure('misused', `There is no command "${words.slice(0, 2).join(' ')}". ${hint}`);
}

function parse(command: Command, words: readonly string[]) {
  const own = Object.entries(command.options ?? {}).map(([name, { type }]) => [name, { type }]);
  const options = { ...EVERYWHERE, ...Object.fromEntries(own) } as NonNullable<
    ParseArgsConfig['options']
  >;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
    });
    return { values: values as Record<string, string | boolean | undefined>, positionals };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Failure(
      'misused',
      `${firstSentence(error.message)} It is written: npx tickwire ${usageOf(command)}`,
    );
  }
}

/** What node adds is about another way to write. */
function firstSentence(message: string): string {
  return `${message.split('. ', 1)[0] ?? ''}.`;
}
