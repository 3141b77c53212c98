import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  open,
  openCorrespondent,
  openSession,
  seal,
  type Correspondent,
  type Sealed,
} from '../../test/harness/correspondent.ts';
import { proto } from './baileys.ts';
import { DurabilityGate } from './durability-gate.ts';
import { keyCodec } from './key-codec.ts';
import type { KeyVault } from './key-vault.ts';

// A gateway that encrypts, decrypts, commits and dies in any order, over the real key store and the
// real gate: what reaches the wire uses each step of each ratchet once, and can be read; so can what
// comes in, however often it is delivered again.

const require = createRequire(import.meta.url);
const { WhisperMessage, PreKeyWhisperMessage } = require('libsignal/src/protobufs.js') as Record<
  'WhisperMessage' | 'PreKeyWhisperMessage',
  { decode(bytes: Uint8Array): { ephemeralKey: Uint8Array; counter: number; message: Uint8Array } }
>;

const GROUP = '120363000000000001@g.us';
/** What is committed survives; what is only staged dies with the process. */
class Disk {
  readonly rows = new Map<string, Buffer>();
}

/** A vault that commits when it is told to. */
class VaultOfOneLife implements KeyVault {
  readonly #disk: Disk;
  readonly #staged = new Map<string, { readonly type: string; readonly value: unknown }>();
  #next: PromiseWithResolvers<void> | null = null;
  isDead = false;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  async load(_lease: unknown, type: string, names: readonly string[]) {
    // As a database would: what was read is told a moment later.
    await new Promise(setImmediate);
    const found = new Map<string, unknown>();
    for (const name of names) {
      const key = `${type}|${name}`;
      const row = this.#disk.rows.get(key);
      const staged = this.#staged.get(key);
      const value = staged ? staged.value : row && keyCodec.decode(type, row);
      if (value != null) found.set(name, value);
    }
    return found;
  }

  stage(_lease: unknown, type: string, name: string, value: unknown): void {
    this.#staged.set(`${type}|${name}`, { type, value });
    this.#next ??= Promise.withResolvers();
  }

  durable(): Promise<void> | null {
    return this.#next?.promise ?? null;
  }

  /** All or nothing, as one statement. */
  commit(): void {
    for (const [key, { type, value }] of this.#staged) {
      if (value === null) this.#disk.rows.delete(key);
      else this.#disk.rows.set(key, keyCodec.encode(type, value));
    }
    this.#staged.clear();
    this.#next?.resolve();
    this.#next = null;
  }

  list(): Promise<Map<string, unknown>> {
    return Promise.resolve(new Map());
  }

  forget(): Promise<void> {
    return Promise.resolve();
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  drop(): void {
    this.#staged.clear();
  }
}

/** One process: it ends with a crash, and what it had begun goes nowhere. */
interface Life {
  readonly vault: VaultOfOneLife;
  readonly ann: Correspondent;
  readonly gate: DurabilityGate;
}

/** What Ann's gateway has put on the wire. */
type Frame =
  | { readonly kind: 'message'; readonly text: string; readonly sealed: Sealed }
  | {
      readonly kind: 'group message';
      readonly text: string;
      readonly key: Uint8Array;
      readonly sealed: Uint8Array;
    }
  | { readonly kind: 'ack'; readonly incoming: Incoming };

/** What Bob wrote; delivered until it is acknowledged. */
interface Incoming {
  readonly text: string;
  readonly sealed: Sealed;
  /** The process that has read it last. */
  readIn: Life | null;
  /** Whether a process has read it and committed that. */
  wasRead: boolean;
}

class Conversation {
  readonly #disk = new Disk();
  readonly #bob: Correspondent;
  readonly #annsCreds: Correspondent['creds'];
  readonly #wire: Frame[] = [];
  readonly #unacknowledged: Incoming[] = [];
  readonly #used = new Set<string>();
  readonly #knownGroupKeys = new Set<number>();
  #underWay: Promise<unknown>[] = [];
  #life: Life;
  #texts = 0;
  #readCount = 0;

  static async begin(): Promise<Conversation> {
    const bobsVault = new VaultOfOneLife(new Disk());
    const bob = openCorrespondent(2, bobsVault);
    const conversation = new Conversation(bob);
    await openSession(conversation.#life.ann, bob);
    conversation.#life.vault.commit();
    return conversation;
  }

  private constructor(bob: Correspondent) {
    this.#bob = bob;
    this.#annsCreds = openCorrespondent(1, new VaultOfOneLife(new Disk())).creds;
    this.#life = this.#newLife();
  }

  #newLife(): Life {
    const vault = new VaultOfOneLife(this.#disk);
    const frames = new Map<Uint8Array, Frame>();
    const gate = new DurabilityGate(
      (bytes) => {
        const frame = frames.get(bytes);
        if (frame !== undefined && !vault.isDead) this.#wire.push(frame);
      },
      () => vault.durable(),
      (error) => {
        throw error;
      },
    );
    const ann = openCorrespondent(1, vault, this.#annsCreds);
    this.#framesOf.set(gate, frames);
    return { vault, ann, gate };
  }

  readonly #framesOf = new Map<DurabilityGate, Map<Uint8Array, Frame>>();

  #pass({ gate }: Life, frame: Frame): void {
    const bytes = new Uint8Array(1);
    this.#framesOf.get(gate)?.set(bytes, frame);
    gate.pass(bytes);
  }

  /** Begins to send; goes on while other things happen. */
  send(): void {
    const life = this.#life;
    const text = `from Ann ${(this.#texts += 1)}`;
    this.#begin(async () => {
      await life.ann.keys.transaction(async () => {
        this.#pass(life, { kind: 'message', text, sealed: await seal(life.ann, this.#bob, text) });
      }, 'me');
    });
  }

  sendToGroup(): void {
    const life = this.#life;
    const text = `to all ${(this.#texts += 1)}`;
    this.#begin(async () => {
      await life.ann.keys.transaction(async () => {
        const { ciphertext, senderKeyDistributionMessage } =
          await life.ann.repository.encryptGroupMessage({
            group: GROUP,
            data: Buffer.from(text),
            meId: life.ann.jid,
          });
        const key = senderKeyDistributionMessage;
        this.#pass(life, { kind: 'group message', text, key, sealed: ciphertext });
      }, 'me');
    });
  }

  async write(): Promise<void> {
    const text = `from Bob ${(this.#texts += 1)}`;
    await this.readWire();
    // Bob can only answer.
    if (this.#readCount === 0) return;
    const sealed = await seal(this.#bob, this.#life.ann, text);
    this.#unacknowledged.push({ text, sealed, readIn: null, wasRead: false });
  }

  /** Begins to read what is not acknowledged, as a new connection is given it. */
  read(): void {
    const life = this.#life;
    for (const incoming of this.#unacknowledged) {
      this.#begin(async () => {
        await this.#readIncoming(life, incoming);
        this.#pass(life, { kind: 'ack', incoming });
      });
    }
  }

  /** It can be read, unless it was: by this process, or by an earlier one that committed it. */
  async #readIncoming(life: Life, incoming: Incoming): Promise<void> {
    const text = await open(life.ann, this.#bob, incoming.sealed).catch((error: unknown) => {
      assert.ok(incoming.readIn === life || incoming.wasRead, String(error));
      return null;
    });
    if (text === null) return;
    assert.equal(text, incoming.text);
    incoming.readIn = life;
    void life.vault.durable()?.then(() => (incoming.wasRead = true));
  }

  #begin(work: () => Promise<void>): void {
    this.#underWay.push(work());
  }

  /** Lets what is under way go a little further. */
  async goOn(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
  }

  async commit(): Promise<void> {
    this.#life.vault.commit();
    await this.goOn(1);
  }

  crash(): void {
    this.#life.vault.isDead = true;
    this.#life = this.#newLife();
  }

  /** Bob, and everybody in the group, reads what has come; no step may have been used before. */
  async readWire(): Promise<void> {
    for (const frame of this.#wire.splice(0)) {
      if (frame.kind === 'ack') {
        const index = this.#unacknowledged.indexOf(frame.incoming);
        if (index === -1) continue;
        assert.ok(frame.incoming.wasRead, 'acknowledged before its ratchet was committed');
        this.#unacknowledged.splice(index, 1);
      } else if (frame.kind === 'message') {
        this.#use(stepOf(frame.sealed));
        assert.equal(await open(this.#bob, this.#life.ann, frame.sealed), frame.text);
        this.#readCount += 1;
      } else await this.#readInGroup(frame);
    }
  }

  async #readInGroup(frame: Extract<Frame, { kind: 'group message' }>): Promise<void> {
    const { repository } = this.#bob;
    const { id, iteration } = proto.SenderKeyMessage.decode(frame.sealed.subarray(1, -64));
    this.#use(`${id}|${iteration}`);
    if (!this.#knownGroupKeys.has(id ?? 0)) {
      this.#knownGroupKeys.add(id ?? 0);
      await repository.processSenderKeyDistributionMessage({
        authorJid: this.#life.ann.jid,
        item: { groupId: GROUP, axolotlSenderKeyDistributionMessage: frame.key },
      });
    }
    const plain = await repository.decryptGroupMessage({
      group: GROUP,
      authorJid: this.#life.ann.jid,
      msg: frame.sealed,
    });
    assert.equal(Buffer.from(plain).toString(), frame.text);
  }

  #use(step: string): void {
    assert.ok(!this.#used.has(step), `the step ${step} was used twice`);
    this.#used.add(step);
  }

  /** Everything comes to rest without a further crash: nothing may be left. */
  async end(): Promise<void> {
    await Promise.all(this.#underWay);
    this.read();
    await Promise.all(this.#underWay);
    await this.commit();
    await this.goOn(2);
    await this.readWire();
    assert.deepEqual(this.#unacknowledged, []);
  }
}

function stepOf({ type, ciphertext }: Sealed): string {
  const bytes =
    type === 'pkmsg' ? PreKeyWhisperMessage.decode(ciphertext.subarray(1)).message : ciphertext;
  const { ephemeralKey, counter } = WhisperMessage.decode(bytes.subarray(1, -8));
  return `${Buffer.from(ephemeralKey).toString('base64')}|${counter}`;
}

const STEPS = ['send', 'sendToGroup', 'write', 'read', 'commit', 'crash', 'readWire'] as const;

test('no step of a ratchet is used twice, and all can be read, whatever dies when', async () => {
  const happening = fc.record({
    step: fc.constantFrom(...STEPS),
    turns: fc.integer({ min: 0, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 40 }), async (happenings) => {
      const conversation = await Conversation.begin();
      for (const { step, turns } of happenings) {
        await conversation[step]();
        await conversation.goOn(turns);
      }
      await conversation.end();
    }),
    { numRuns: 60 },
  );
});
