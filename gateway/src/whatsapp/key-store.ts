import type { Lease } from '../domain/lease.ts';
import {
  DEFAULT_CONNECTION_CONFIG,
  initAuthCreds,
  type AuthenticationCreds,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type SocketConfig,
} from './baileys.ts';
import { keyCodec } from './key-codec.ts';
import { createKeyTransactions } from './key-transactions.ts';
import type { KeyVault } from './key-vault.ts';

const CREDENTIALS = 'creds';
const CREDENTIALS_NAME = '';

/** @returns the credentials kept for a service, or null before its first connection */
export async function loadCredentials(
  vault: KeyVault,
  lease: Lease,
): Promise<AuthenticationCreds | null> {
  const found = await vault.load(lease, CREDENTIALS, [CREDENTIALS_NAME]);
  const kept = found.get(CREDENTIALS_NAME) as AuthenticationCreds | undefined;
  return kept === undefined ? null : copyOf(kept);
}

/** Credentials for a device that is not linked yet. */
export function newCredentials(): AuthenticationCreds {
  return initAuthCreds();
}

/** Keeps the credentials as they are now. */
export function stageCredentials(
  vault: KeyVault,
  lease: Lease,
  credentials: AuthenticationCreds,
): void {
  vault.stage(lease, CREDENTIALS, CREDENTIALS_NAME, copyOf(credentials));
}

/** The library changes its credentials in place; what the vault holds must stay as it was. */
function copyOf(credentials: AuthenticationCreds): AuthenticationCreds {
  return keyCodec.decode(
    CREDENTIALS,
    keyCodec.encode(CREDENTIALS, credentials),
  ) as AuthenticationCreds;
}

/**
 * The device was accepted by a phone. `creds.registered` does not tell (it stays false after
 * linking by QR code).
 */
export function isLinkedDevice(credentials: AuthenticationCreds | null): boolean {
  return credentials?.me !== undefined && credentials.account !== undefined;
}

/** The library's key store over our vault. */
export function createKeyStore(vault: KeyVault, lease: Lease): SignalKeyStore {
  return {
    async get<Type extends keyof SignalDataTypeMap>(type: Type, ids: string[]) {
      const found = await vault.load(lease, type, ids);
      // The library notes in this very object, before anything is sent, who has got a group's key.
      // A send that fails must not leave that behind in what the vault remembers.
      if (type === 'sender-key-memory') {
        for (const [name, value] of found) found.set(name, structuredClone(value));
      }
      return Object.fromEntries(found) as Record<string, SignalDataTypeMap[Type]>;
    },
    set(data: SignalDataSet) {
      stageAll(vault, lease, data);
    },
  };
}

/**
 * The library's Signal repository over our transactions. They take the place of those the library
 * made for its socket, for the socket too: it holds the same object.
 */
export function createWriteThroughRepository(
  vault: KeyVault,
  lease: Lease,
): SocketConfig['makeSignalRepository'] {
  return (auth, logger, lookUpLids) => {
    Object.assign(auth.keys, createKeyTransactions(createKeyStore(vault, lease)));
    return underOneName(DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, lookUpLids));
  };
}

type Repository = ReturnType<SocketConfig['makeSignalRepository']>;

/**
 * Makes all work on a person's ratchet go by the hidden id, where it is known. The library keeps one
 * session for both names of a person but encrypts by number and decrypts by hidden id, and libsignal
 * keeps work in order by name: the two would load one session at once, and undo each other's step.
 */
function underOneName(repository: Repository): Repository {
  const { lidMapping } = repository;
  const byNumber = { ...repository };
  const named = async <Order extends { readonly jid: string }>(order: Order): Promise<Order> => ({
    ...order,
    jid: (await lidMapping.getLIDForPN(order.jid)) ?? order.jid,
  });
  return Object.assign(repository, {
    encryptMessage: async (order: Parameters<Repository['encryptMessage']>[0]) =>
      byNumber.encryptMessage(await named(order)),
    decryptMessage: async (order: Parameters<Repository['decryptMessage']>[0]) =>
      byNumber.decryptMessage(await named(order)),
    injectE2ESession: async (order: Parameters<Repository['injectE2ESession']>[0]) =>
      byNumber.injectE2ESession(await named(order)),
  });
}

/**
 * The library's list of all contacts that have a privacy token, written anew for each of them. It
 * serves only to throw old tokens away, which is not worth that.
 */
const TOKEN_LIST = '__index';

function stageAll(vault: KeyVault, lease: Lease, data: SignalDataSet): void {
  for (const [type, values] of Object.entries(data)) {
    for (const [name, value] of Object.entries(values)) {
      if (type === 'tctoken' && name === TOKEN_LIST) continue;
      vault.stage(lease, type, name, value ?? null);
    }
  }
}
