import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CrashWorld } from './crash-world.ts';
import type { Ledger } from './ledger.ts';
import {
  groupMembers,
  type Cast,
  type PlannedRound,
  type PlannedSend,
  type PlannedWriting,
} from './plan.ts';

const PATIENCE_MS = 90_000;
const RETRY_MS = 100;

/** The client and the contacts: they do what was planned, whatever lives, and note what came of it. */
export class Traffic {
  readonly #world: CrashWorld;
  readonly #ledger: Ledger;
  readonly #cast: Cast;

  constructor(world: CrashWorld, ledger: Ledger, cast: Cast) {
    this.#world = world;
    this.#ledger = ledger;
    this.#cast = cast;
  }

  /** Resolves when all of the round's requests are answered or have failed. */
  async run({ sends, writings }: PlannedRound, round: number): Promise<void> {
    await Promise.all([
      ...sends.map((send) => this.#send(send, round)),
      ...writings.map((writing) => this.#write(writing, round)),
    ]);
  }

  async #send(send: PlannedSend, round: number): Promise<void> {
    await delay(send.atMs);
    const { account, text, to, fileBytes } = send;
    const phones = this.#phonesOf(to);
    const notBeforeMs = dueTime(send.scheduledInMs);
    const file = fileBytes === null ? null : Buffer.alloc(fileBytes, text);
    const body = new URLSearchParams({
      message: text,
      ...('group' in to
        ? { groupId: this.#world.groupIds[to.group] ?? '' }
        : { phonenumber: phones[0] ?? '' }),
      ...(send.scheduledInMs === null ? {} : { schedule: String(notBeforeMs / 1000) }),
      ...(file === null ? {} : { base64_file: file.toString('base64') }),
    });
    const isToGroup = 'group' in to;
    const path = `/${isToGroup ? 'sendGroup' : 'sendMsg'}/${this.#world.apiKeys[account]}`;
    const answer = await this.#askUntilAnswered(path, body, send);
    if (answer?.status === 200) {
      const id = answer.json.messageId as number;
      const fileSha256 = file && createHash('sha256').update(file).digest('hex');
      const acknowledged = { id, round, account, text, phones, isToGroup, notBeforeMs, fileSha256 };
      this.#ledger.noteAcknowledged(acknowledged);
    } else {
      this.#ledger.noteUnanswered({ round, account, text, phones });
    }
  }

  /**
   * Asks again, another gateway if there is one, until there is an answer that says more than "not
   * now". The key lets what was done once not be done again.
   */
  async #askUntilAnswered(
    path: string,
    body: URLSearchParams,
    { text, gateway }: PlannedSend,
  ): Promise<Answer | null> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    const headers = { 'idempotency-key': text };
    for (let attempt = 0; performance.now() < deadlineMs; attempt += 1) {
      const first = (gateway + attempt) % this.#cast.gateways;
      const answer = await this.#world.ask(path, body, { first, headers }).catch(() => null);
      if (answer !== null && answer.status < 500) return answer;
      await delay(RETRY_MS);
    }
    return null;
  }

  async #write(writing: PlannedWriting, round: number): Promise<void> {
    await delay(writing.atMs);
    const { account, text, addressingMode, isToGroup } = writing;
    const from = this.#world.contactPhones[writing.contact] ?? '';
    const to = isToGroup
      ? { groupId: this.#world.groupIds[account] }
      : { to: this.#world.accountPhones[account], addressingMode };
    await this.#world.askSimulator(`/simulator/phones/${from}/messages`, { ...to, text });
    this.#ledger.noteWritten({ round, account, from, text });
  }

  #phonesOf(to: PlannedSend['to']): string[] {
    const contacts = 'group' in to ? groupMembers(to.group, this.#cast) : [to.contact];
    return contacts.map((contact) => this.#world.contactPhones[contact] ?? '');
  }
}

/** The API takes whole seconds. */
function dueTime(scheduledInMs: number | null): number {
  if (scheduledInMs === null) return 0;
  return Math.ceil((Date.now() + scheduledInMs) / 1000) * 1000;
}
