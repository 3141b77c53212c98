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

const PATIENCE_MS = 20_000;
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
    const { account, text, to } = send;
    const phones = this.#phonesOf(to);
    const notBeforeMs = dueTime(send.scheduledInMs);
    const body = new URLSearchParams({
      message: text,
      ...('group' in to
        ? { groupId: this.#world.groupIds[to.group] ?? '' }
        : { phonenumber: phones[0] ?? '' }),
      ...(send.scheduledInMs === null ? {} : { schedule: String(notBeforeMs / 1000) }),
    });
    const isToGroup = 'group' in to;
    const path = `/${isToGroup ? 'sendGroup' : 'sendMsg'}/${this.#world.apiKeys[account]}`;
    const answer = await this.#askSomebody(path, body);
    if (answer?.status === 200) {
      const id = answer.json.messageId as number;
      this.#ledger.noteAcknowledged({ id, round, account, text, phones, isToGroup, notBeforeMs });
    } else {
      this.#ledger.noteUnanswered({ round, account, text, phones });
    }
  }

  /** A connection that is refused has told nobody anything, so it is tried again. */
  async #askSomebody(path: string, body: URLSearchParams): Promise<Answer | null> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.#world.ask(path, body);
      } catch (error) {
        if (!isRefusedConnection(error) || performance.now() > deadlineMs) return null;
        await delay(RETRY_MS);
      }
    }
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

function isRefusedConnection(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}

/** The API takes whole seconds. */
function dueTime(scheduledInMs: number | null): number {
  if (scheduledInMs === null) return 0;
  return Math.ceil((Date.now() + scheduledInMs) / 1000) * 1000;
}
