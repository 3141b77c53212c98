import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/** A piece of a syntax tree in the form of ESTree (https://github.com/estree/estree). */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A source file as the rules look at it. */
export interface Source {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Every node of the syntax tree. */
  readonly nodes: readonly Node[];
  readonly comments: readonly { readonly value: string; readonly start: number }[];
  readonly imports: readonly Import[];
  /** The text with every comment blanked out, line by line. */
  readonly codeLines: readonly string[];
}

interface Import {
  readonly specifier: string;
  /** The path of the imported file from the root, for a relative specifier. */
  readonly target: string | null;
}

const FOLDERS = ['gateway', 'simulator', 'benchmarks', 'launch'];

/** Reads and parses the TypeScript of the repository. */
export function readSources(root: string): Source[] {
  return FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !path.includes('node_modules/'))
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
}

/** @throws when the text is not TypeScript */
export function parseSource(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const nodes = [...walk(program)];
  return { path, text, nodes, comments, imports: findImports(path, nodes), codeLines: codeLines() };

  function codeLines(): string[] {
    let code = text;
    for (const { start, end } of comments) {
      const blank = text.slice(start, end).replaceAll(/[^\n]/g, ' ');
      code = code.slice(0, start) + blank + code.slice(end);
    }
    return code.split('\n');
  }
}

/** The line, counted from 1, that `offset` is on. */
export function lineOf(source: Source, offset: number): number {
  return source.text.slice(0, offset).split('\n').length;
}

/** `node` and all nodes within it. */
export function* walk(node: unknown): Generator<Node> {
  if (Array.isArray(node)) for (const item of node) yield* walk(item);
  else if (isNode(node)) {
    yield node;
    for (const value of Object.values(node)) yield* walk(value);
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** Imports and re-exports of every kind, those of types too. */
function findImports(path: string, nodes: readonly Node[]): Import[] {
  return nodes
    .filter(({ type }) => /^(Import|Export|TSImport)/.test(type))
    .map(({ source }) => source)
    .filter(isNode)
    .map(({ value }) => value)
    .filter((value) => typeof value === 'string')
    .map((specifier) => ({ specifier, target: resolve(path, specifier) }));
}

function resolve(path: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null;
}
