import { addTransactionCapability, Curve, signedKeyPair } from 'baileys';
import type { Lease } from '../../src/domain/lease.ts';
import { serviceId } from '../../src/domain/ids.ts';
import { createLog } from '../../src/runtime/log.ts';
import { initAuthCreds, type AuthenticationCreds } from '../../src/whatsapp/baileys.ts';
import { createBaileysLog } from '../../src/whatsapp/baileys-log.ts';
import { createKeyStore, createWriteThroughRepository } from '../../src/whatsapp/key-store.ts';
import type { KeyVault } from '../../src/whatsapp/key-vault.ts';

const log = createBaileysLog(createLog('silent'));

/** One end of a conversation: the library's repository over our stores. */
export interface Correspondent {
  readonly creds: AuthenticationCreds;
  readonly keys: ReturnType<typeof addTransactionCapability>;
  readonly repository: ReturnType<ReturnType<typeof createWriteThroughRepository>>;
  readonly jid: string;
}

/** Opens one; with the credentials and the vault of an earlier one it goes on where that ended. */
export function openCorrespondent(
  number: number,
  vault: KeyVault,
  creds = initAuthCreds(),
): Correspondent {
  const lease: Lease = { serviceId: serviceId(number), epoch: 1 };
  const options = { maxCommitRetries: 1, delayBetweenTriesMs: 1 };
  const keys = addTransactionCapability(createKeyStore(vault, lease), log, options);
  const make = createWriteThroughRepository(vault, lease);
  const repository = make({ creds, keys }, log, () => Promise.resolve([]));
  return { creds, keys, repository, jid: `${number}@lid` };
}

const withType = (key: Uint8Array): Buffer => Buffer.concat([Buffer.of(5), key]);

/** Gives `from` a session with `to`, as from the keys that WhatsApp hands out. */
export async function openSession(from: Correspondent, to: Correspondent): Promise<void> {
  const { signedIdentityKey, signedPreKey, registrationId } = to.creds;
  const preKey = signedKeyPair(signedIdentityKey, signedPreKey.keyId);
  signedPreKey.keyPair.public = preKey.keyPair.public;
  signedPreKey.keyPair.private = preKey.keyPair.private;
  await from.repository.injectE2ESession({
    jid: to.jid,
    session: {
      registrationId,
      identityKey: withType(signedIdentityKey.public),
      signedPreKey: {
        keyId: preKey.keyId,
        publicKey: withType(preKey.keyPair.public),
        signature: Curve.sign(signedIdentityKey.private, withType(preKey.keyPair.public)),
      },
    },
  });
}

/** What one wrote to another. */
export type Sealed = Awaited<ReturnType<Correspondent['repository']['encryptMessage']>>;

export function seal(from: Correspondent, to: Correspondent, text: string): Promise<Sealed> {
  return from.repository.encryptMessage({ jid: to.jid, data: Buffer.from(text) });
}

/** @throws when it can not be decrypted */
export async function open(
  to: Correspondent,
  from: Correspondent,
  sealed: Sealed,
): Promise<string> {
  const plain = await to.repository.decryptMessage({ jid: from.jid, ...sealed });
  return Buffer.from(plain).toString();
}
