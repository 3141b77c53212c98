import { Problem } from '../../domain/errors.ts';
import type { Parameters } from './parameters.ts';

const BRACKETED = /^(.+)\[[^[\]]*\]$/;
const NAME_THAT_CAN_BE_SHOWN = /^[\w.-]{1,40}$/;

interface CollectedValues {
  readonly values: string[];
  isList: boolean;
}

/** Gathers parameters from the places of a request into the one flat shape. */
export class ParameterCollector {
  readonly #collected = new Map<string, CollectedValues>();

  /** Adds one value under a name as it was written (`phonenumber`, `phonenumber[]`, ...). */
  add(writtenName: string, value: string): void {
    const name = plainName(writtenName);
    this.#keep(name, value, name.length < writtenName.length && writtenName.endsWith(']'));
  }

  /** Adds a parsed query or form: every value is a text or several texts. */
  addForm(form: object): void {
    for (const [name, value] of Object.entries(form) as [string, string | string[]][]) {
      if (typeof value === 'string') this.add(name, value);
      else for (const one of value) this.add(name, one);
    }
  }

  /**
   * Adds a parsed JSON body.
   * @throws Problem `malformed_body` when it is no object, `invalid_parameter` when a value is one
   */
  addJson(body: unknown): void {
    if (body === null || typeof body !== 'object' || Array.isArray(body)) {
      throw new Problem('malformed_body', 'The JSON body must be an object.');
    }
    for (const [name, value] of Object.entries(body)) {
      if (Array.isArray(value)) this.#addJsonList(name, value);
      else if (value !== null) this.add(name, textOf(name, value));
    }
  }

  /** Adds what another place holds, where this one is silent. */
  addMissing(others: Parameters): void {
    for (const [name, found] of others) {
      if (!this.#collected.has(name)) {
        this.#collected.set(name, { values: [...found.values], isList: found.isList });
      }
    }
  }

  /** What was gathered. */
  get parameters(): Parameters {
    return this.#collected;
  }

  #addJsonList(writtenName: string, list: unknown[]): void {
    const name = plainName(writtenName);
    for (const value of list) this.#keep(name, textOf(name, value), true);
  }

  #keep(name: string, value: string, isList: boolean): void {
    if (value.includes('\0')) {
      throw new Problem(
        'invalid_parameter',
        `${shown(name)} holds a zero character, which can not be kept.`,
      );
    }
    const earlier = this.#collected.get(name);
    if (earlier === undefined) {
      this.#collected.set(name, { values: [value], isList });
    } else {
      earlier.values.push(value);
      earlier.isList = true;
    }
  }
}

/** Some clients put U+FEFF before the first name or the opening brace. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** A name without the brackets of a list. */
export function plainName(writtenName: string): string {
  const name = withoutByteOrderMark(writtenName);
  return name.endsWith(']') ? (BRACKETED.exec(name)?.[1] ?? name) : name;
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    // Beyond 2^53 JSON numbers lose digits: a group id would silently become another one.
    if (Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))) {
      return String(value);
    }
    throw new Problem(
      'invalid_parameter',
      `${shown(name)} is too large a number: send it as text.`,
    );
  }
  throw new Problem(
    'invalid_parameter',
    `${shown(name)} must be a text, a number or a list of them.`,
  );
}

function shown(name: string): string {
  return NAME_THAT_CAN_BE_SHOWN.test(name) ? `The parameter "${name}"` : 'A parameter';
}
