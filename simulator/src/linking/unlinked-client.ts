import { randomBytes } from 'node:crypto';

import { isProperlySigned } from '../accounts/key-bundle.ts';
import { Refusal } from '../refusal.ts';
import { SERVER, bytesOf, child, children, stanza } from '../wire/stanza.ts';
import type { SignedPreKey } from '../accounts/key-bundle.ts';
import type { ClientConnection, StanzaHandler } from '../connection/client-connection.ts';
import type { HandshakeResult } from '../wire/noise-responder.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/** The keys a client brings along to be linked with. */
export interface CompanionKeys {
  readonly noiseKey: Buffer;
  readonly identityKey: Buffer;
  readonly registrationId: number;
  readonly signedPreKey: SignedPreKey;
}

/** A client that asked to be linked by code instead of QR. */
export interface CodeRequest {
  readonly phone: string;
  readonly wrappedEphemeral: Buffer;
  readonly ref: string;
}

const REFS = 6; // what Baileys has patience for: 60 s for the first, 20 s for each other
const ANSWER_PATIENCE_MS = 15_000;

/**
 * A client without an account. It shows QR codes made of the refs it was given, or has asked for
 * linking by code, and waits for a phone. `ask` is how the linking talks with it.
 */
export class UnlinkedClient implements StanzaHandler {
  readonly keys: CompanionKeys;
  readonly refs: readonly string[];
  readonly #world: World;
  readonly #connection: ClientConnection;
  readonly #onClose: () => void;
  #awaited:
    | { wanted: (node: Stanza) => boolean; take: (node: Stanza | Refusal) => void }
    | undefined;
  #codeRequest: CodeRequest | undefined;

  constructor(
    world: World,
    connection: ClientConnection,
    keys: CompanionKeys,
    onClose: () => void,
  ) {
    this.#world = world;
    this.#connection = connection;
    this.#onClose = onClose;
    this.keys = keys;
    this.refs = Array.from({ length: REFS }, () => `2@${randomBytes(24).toString('base64url')}`);
    const refs = this.refs.map((ref) => stanza('ref', {}, Buffer.from(ref)));
    const id = `pair-${world.clock.now()}`;
    this.send(
      stanza('iq', { type: 'set', from: SERVER, id, xmlns: 'md' }, [
        stanza('pair-device', {}, refs),
      ]),
    );
  }

  /** The client's last request to be linked by code. */
  get codeRequest(): CodeRequest | undefined {
    return this.#codeRequest;
  }

  send(node: Stanza): void {
    this.#connection.send(node);
  }

  end(lastWord: Stanza): void {
    this.#connection.end(lastWord);
  }

  /** Sends a stanza and waits for the client's answer. Throws a `Refusal` if none comes. */
  async ask(question: Stanza, wanted: (node: Stanza) => boolean): Promise<Stanza> {
    if (this.#awaited) {
      throw new Refusal('conflict', 'linking_in_progress', 'This client is being linked already.');
    }
    const answer = new Promise<Stanza | Refusal>((take) => {
      this.#awaited = { wanted, take };
    });
    const cancel = this.#world.clock.after(ANSWER_PATIENCE_MS, () =>
      this.#awaited?.take(
        new Refusal('conflict', 'no_answer', 'The client did not answer the phone in time.'),
      ),
    );
    this.send(question);
    const node = await answer;
    cancel();
    this.#awaited = undefined;
    if (node instanceof Refusal) throw node;
    return node;
  }

  async handle(node: Stanza): Promise<void> {
    if (node.tag !== 'iq') return;
    if (this.#awaited?.wanted(node)) this.#awaited.take(node);
    const { type, id } = node.attrs;
    if (type !== 'get' && type !== 'set') return;
    const hello = companionHello(child(node, 'link_code_companion_reg'));
    if (hello) this.#codeRequest = hello;
    const ref = hello && [
      stanza('link_code_companion_reg', { stage: 'companion_hello' }, [
        stanza('link_code_pairing_ref', {}, Buffer.from(hello.ref)),
      ]),
    ];
    this.send(stanza('iq', { type: 'result', from: SERVER, id }, ref));
  }

  closed(): void {
    this.#awaited?.take(
      new Refusal('conflict', 'client_gone', 'The client disconnected while it was being linked.'),
    );
    this.#onClose();
  }
}

/**
 * Reads what a registering client says of itself. Undefined if something is missing or its signed
 * pre-key does not bear a valid signature of its identity.
 */
export function companionKeysOf({
  clientKey,
  payload,
}: HandshakeResult): CompanionKeys | undefined {
  const data = payload.devicePairingData;
  if (data?.eIdent?.length !== 32 || data.eRegid?.length !== 4 || data.eSkeyId?.length !== 3) {
    return undefined;
  }
  if (data.eSkeyVal?.length !== 32 || data.eSkeySig?.length !== 64) return undefined;
  const identityKey = Buffer.from(data.eIdent);
  const signedPreKey = {
    keyId: Buffer.from(data.eSkeyId).readUIntBE(0, 3),
    publicKey: Buffer.from(data.eSkeyVal),
    signature: Buffer.from(data.eSkeySig),
  };
  if (!isProperlySigned(identityKey, signedPreKey)) return undefined;
  const registrationId = Buffer.from(data.eRegid).readUInt32BE(0);
  return { noiseKey: Buffer.from(clientKey), identityKey, registrationId, signedPreKey };
}

function companionHello(node: Stanza | undefined): CodeRequest | undefined {
  if (node?.attrs['stage'] !== 'companion_hello') return undefined;
  const wrappedEphemeral = bytesOf(
    child(node, 'link_code_pairing_wrapped_companion_ephemeral_pub'),
  );
  const phone = node.attrs['jid']?.split('@')[0];
  if (wrappedEphemeral?.length !== 80 || !phone || children(node).length === 0) return undefined;
  return { phone, wrappedEphemeral, ref: randomBytes(12).toString('base64url') };
}
