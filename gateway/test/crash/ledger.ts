import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** A message that the API has answered with success. */
export interface Acknowledged {
  readonly id: number;
  readonly round: number;
  readonly account: number;
  readonly text: string;
  /** Who has to show it. */
  readonly phones: readonly string[];
  readonly isToGroup: boolean;
  /** When it may be shown at the earliest, ms since 1970. */
  readonly notBeforeMs: number;
  /** Of the file that went with it; null: none. */
  readonly fileSha256: string | null;
}

/** A text that the simulator has taken from a contact. */
export interface Written {
  readonly round: number;
  readonly account: number;
  readonly from: string;
  readonly text: string;
}

/** A text whose request was not answered with success: it may be sent, once. */
export interface Unanswered {
  readonly round: number;
  readonly account: number;
  readonly text: string;
  readonly phones: readonly string[];
}

/** What the client knows. What was acknowledged is in a file of its own before it counts. */
export class Ledger implements Disposable {
  readonly acknowledged: Acknowledged[] = [];
  readonly unanswered: Unanswered[] = [];
  readonly written: Written[] = [];
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'wx');
  }

  noteAcknowledged(entry: Acknowledged): void {
    this.#write({ acknowledged: entry });
    this.acknowledged.push(entry);
  }

  noteUnanswered(entry: Unanswered): void {
    this.#write({ unanswered: entry });
    this.unanswered.push(entry);
  }

  noteWritten(entry: Written): void {
    this.#write({ written: entry });
    this.written.push(entry);
  }

  #write(entry: object): void {
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    fsyncSync(this.#file);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
