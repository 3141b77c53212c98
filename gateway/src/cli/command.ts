import type { AdminApi } from './admin-api.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** An option of a command: `--name VALUE`, or `--name` alone. */
interface Option {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
  /** Without it the command does nothing. */
  readonly isNeeded?: boolean;
}

/** What a command is run with. */
export interface Call {
  readonly api: AdminApi;
  readonly terminal: Terminal;
  /** By the names in `takes`, all of them there. */
  readonly given: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** The outcome is wanted as JSON. */
  readonly isJson: boolean;
  /** Prints the outcome: as JSON where that is wanted, else as a text for people. */
  readonly report: (answer: unknown, text: string) => void;
}

/** Something the command line can do. */
export interface Command {
  /** The words it is called by. */
  readonly name: string;
  readonly takes: readonly string[];
  readonly options?: Readonly<Record<string, Option>>;
  readonly help: string;
  run(call: Call): Promise<void>;
}

/** How long a key that is replaced works yet. */
export const OVERLAP = {
  type: 'string',
  value: 'HOURS',
  help: 'how long the old key works yet, 0 to 720; 24',
} as const;

/** What is said of a new key. */
export function toldKey(key: unknown, oldKeyUntil: unknown): string {
  return `The new key: ${String(key)}\nThe old one works until ${String(oldKeyUntil)}.`;
}

/** What was said with `--name`, or undefined. */
export function textOption({ options }: Call, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** @throws Failure when `--name` is not there */
export function neededOption(call: Call, name: string): string {
  const value = textOption(call, name);
  if (value === undefined) throw new Failure('misused', `The option --${name} is missing.`);
  return value;
}

/** Those of these options that were given, under the names the API has for them. */
export function parametersOf(
  call: Call,
  names: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([option, parameter]) => {
      const value = textOption(call, option);
      return value === undefined ? [] : [[parameter, value]];
    }),
  );
}
