import { spawn, spawnSync } from 'node:child_process';
import { text as readAll } from 'node:stream/consumers';
import type { ReceivedAnswer } from '../comparison.ts';

/** One field of a query or form: a text, or a file by its path. */
export type Field =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly file: string };

/** A call as a customer's program makes it; how it is written down is the program's own business. */
export interface ClientCall {
  readonly method: string;
  /** Without a query. */
  readonly url: string;
  readonly query: readonly { readonly name: string; readonly value: string }[];
  readonly body:
    | { readonly kind: 'none' }
    | { readonly kind: 'multipart' | 'urlencoded'; readonly fields: readonly Field[] }
    | { readonly kind: 'json'; readonly text: string };
}

/** A program that customers use. */
export interface Client {
  readonly name: string;
  /** Why it can not be used on this machine, or null. */
  readonly missing: string | null;
  /** Makes the calls one after the other. */
  send(calls: readonly ClientCall[]): Promise<ReceivedAnswer[]>;
}

/** Runs a program to its end. @returns what it printed @throws when it fails */
export async function run(
  command: string,
  given: readonly string[],
  input: string,
): Promise<string> {
  const child = spawn(command, given, { stdio: ['pipe', 'pipe', 'pipe'] });
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject).on('close', resolve);
  child.stdin.end(input);
  const [output, errors, code] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    ended,
  ]);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}${output}`);
  return output;
}

/** True when the program runs and prints all of these words. */
export function answers(command: string, given: readonly string[], words: string[] = []): boolean {
  const { status, stdout } = spawnSync(command, given, { encoding: 'utf8' });
  return status === 0 && words.every((word) => stdout.includes(word));
}
