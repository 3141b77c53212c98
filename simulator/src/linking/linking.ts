import { addressOf } from '../accounts/accounts.ts';
import { Refusal } from '../refusal.ts';
import { secondsText } from '../clock/clock.ts';
import { SERVER, bytesOf, child, stanza } from '../wire/stanza.ts';
import { attest, completeIdentity, sealAttestation } from './device-identity.ts';
import { answerCompanionHello, normalizeCode, openKeyBundle } from './pairing-code.ts';
import { readQr } from './qr.ts';
import type { Account } from '../accounts/accounts.ts';
import type { UnlinkedClient } from './unlinked-client.ts';
import type { World } from '../world/world.ts';

/** What a phone's owner is told when the link stands. */
export interface Link {
  readonly linked: true;
  readonly phone: string;
  readonly device: number;
  readonly jid: string;
  readonly lid: string;
}

/** The clients that wait to be linked, and the phone's side of linking them. */
export class Linking {
  readonly #world: World;
  readonly #waiting = new Set<UnlinkedClient>();

  constructor(world: World) {
    this.#world = world;
  }

  welcome(client: UnlinkedClient): void {
    this.#waiting.add(client);
  }

  forget(client: UnlinkedClient): void {
    this.#waiting.delete(client);
  }

  /** The phone scans a QR code. Throws a `Refusal` if no client shows it or the client fails. */
  async scan(account: Account, qr: string): Promise<Link> {
    const { ref, noiseKey, identityKey, advSecret } = readQr(qr);
    const client = [...this.#waiting].find(({ refs }) => refs.includes(ref));
    if (!client) {
      throw new Refusal('unknown', 'unknown_qr', 'No waiting client shows this QR code any more.');
    }
    const { keys } = client;
    if (!keys.noiseKey.equals(noiseKey) || !keys.identityKey.equals(identityKey)) {
      throw new Refusal('invalid', 'bad_qr', 'The keys in this QR code are not its client’s.');
    }
    return this.#complete(client, account, advSecret);
  }

  /**
   * The phone's owner types a pairing code. Throws a `Refusal` if no client waits for one from
   * this number, if the code is wrong (another try may follow) or if the client fails.
   */
  async enterCode(account: Account, enteredCode: string): Promise<Link> {
    const code = normalizeCode(enteredCode);
    if (code.length !== 8) {
      throw new Refusal('invalid', 'bad_code', 'A pairing code has eight letters or digits.');
    }
    const clients = [...this.#waiting].filter(
      ({ codeRequest }) => codeRequest?.phone === account.phone,
    );
    const client = clients.at(-1);
    const request = client?.codeRequest;
    if (!client || !request) {
      const sentence = `No client waits for a pairing code from ${account.phone}.`;
      throw new Refusal('unknown', 'no_code_wanted', sentence);
    }
    const { identity } = this.#world.phoneKeys.identityOf(account);
    const hello = await answerCompanionHello(code, request.wrappedEphemeral);
    const notification = stanza(
      'notification',
      {
        from: SERVER,
        type: 'link_code_companion_reg',
        id: `code-${this.#world.clock.now()}`,
        t: secondsText(this.#world.clock),
      },
      [
        stanza('link_code_companion_reg', { stage: 'primary_hello' }, [
          stanza('link_code_pairing_wrapped_primary_ephemeral_pub', {}, hello.wrappedEphemeral),
          stanza('primary_identity_pub', {}, identity.publicKey),
          stanza('link_code_pairing_ref', {}, Buffer.from(request.ref)),
        ]),
      ],
    );
    const finish = await client.ask(
      notification,
      (node) => child(node, 'link_code_companion_reg')?.attrs['stage'] === 'companion_finish',
    );
    const sealed = bytesOf(
      child(child(finish, 'link_code_companion_reg'), 'link_code_pairing_wrapped_key_bundle'),
    );
    const opened = sealed && openKeyBundle(hello, identity, sealed);
    if (!opened?.companionIdentity.equals(client.keys.identityKey)) {
      throw new Refusal('invalid', 'wrong_code', 'This pairing code is wrong.');
    }
    return this.#complete(client, account, opened.advSecret);
  }

  async #complete(client: UnlinkedClient, account: Account, advSecret: Buffer): Promise<Link> {
    const world = this.#world;
    const device = world.devices.takeNumber(account);
    const { identity } = world.phoneKeys.identityOf(account);
    const attestation = attest(identity, client.keys.identityKey, {
      rawId: 1 + world.random.integer(`raw-id/${account.phone}`, 2 ** 31 - 2),
      keyIndex: device,
      timestampSeconds: Math.floor(world.clock.now() / 1000),
    });
    const link: Link = {
      linked: true,
      phone: account.phone,
      device,
      jid: addressOf(account, 'pn', device),
      lid: addressOf(account, 'lid', device),
    };
    const id = `pair-success-${account.phone}-${device}`;
    const success = stanza('pair-success', {}, [
      stanza('device-identity', {}, sealAttestation(attestation, advSecret)),
      stanza('platform', { name: 'iphone' }),
      stanza('device', { jid: link.jid, lid: link.lid }),
      stanza('biz', { name: account.name }),
    ]);
    const t = secondsText(world.clock);
    const answer = await client.ask(
      stanza('iq', { type: 'set', from: SERVER, id, xmlns: 'md', t }, [success]),
      (node) => node.attrs['id'] === id,
    );
    const signed = bytesOf(child(child(answer, 'pair-device-sign'), 'device-identity'));
    const deviceIdentity = signed && completeIdentity(attestation, client.keys.identityKey, signed);
    if (!deviceIdentity) {
      world.stats.add('badSignatures');
      client.end(stanza('stream:error', { code: '401' }));
      const sentence = 'The client did not sign its device identity properly.';
      throw new Refusal('invalid', 'bad_device_signature', sentence);
    }
    world.devices.add({ ...client.keys, phone: account.phone, device, deviceIdentity });
    this.forget(client);
    client.end(stanza('stream:error', { code: '515' }));
    return link;
  }
}
