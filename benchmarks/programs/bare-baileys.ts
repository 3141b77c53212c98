// The limit of sending and of memory: the unmodified Baileys package and nothing around it, as its
// own documentation uses it. One process holds any number of accounts.

import {
  initAuthCreds,
  makeWASocket,
  useMultiFileAuthState,
  WA_CERT_DETAILS,
  type AuthenticationState,
  type ConnectionState,
  type WASocket,
} from 'baileys';
import { answer } from '../processes/answering.ts';

/** An account to open. */
export interface AccountPlace {
  readonly name: string;
  /** Where `useMultiFileAuthState` keeps its keys; null keeps them in memory. */
  readonly directory: string | null;
  readonly webSocketUrl: string;
  /** Hexadecimal. */
  readonly rootKey: string;
}

/** Texts to send one after the other, to one contact after the other. */
export interface Sends {
  readonly name: string;
  readonly contacts: readonly string[];
  readonly texts: readonly string[];
}

interface Account {
  readonly place: AccountPlace;
  readonly auth: AuthenticationState;
  readonly saveCredentials: () => Promise<void>;
  socket: WASocket | null;
  readonly qr: PromiseWithResolvers<string>;
  readonly open: PromiseWithResolvers<void>;
}

const RESTART_REQUIRED = 515;
const accounts = new Map<string, Account>();

// libsignal prints sessions when it closes them.
for (const method of ['log', 'info', 'warn', 'error'] as const) console[method] = () => undefined;

const quiet = (): void => undefined;
const noLog = {
  level: 'silent',
  child: () => noLog,
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
};

/** Opens an account. Answers with its first QR code when it has to be linked, else with null. */
answer('open', async (place: AccountPlace): Promise<string | null> => {
  const { state, saveCreds } =
    place.directory === null ? memoryAuthState() : await useMultiFileAuthState(place.directory);
  const account: Account = {
    place,
    auth: state,
    saveCredentials: saveCreds,
    socket: null,
    qr: Promise.withResolvers(),
    open: Promise.withResolvers(),
  };
  accounts.set(place.name, account);
  connect(account);
  const opened = account.open.promise.then(() => null);
  return await Promise.race([account.qr.promise, opened]);
});

/** Answers when the account is connected. */
answer('opened', async ({ name }: { name: string }) => {
  await accounts.get(name)?.open.promise;
});

/** Sends in a plain loop; answers when the last one is on its way. */
answer('send', async ({ name, contacts, texts }: Sends) => {
  const socket = accounts.get(name)?.socket;
  if (socket == null) throw new Error(`${name} is not open`);
  for (const [index, text] of texts.entries()) {
    const contact = contacts[index % contacts.length] ?? '';
    await socket.sendMessage(`${contact}@s.whatsapp.net`, { text });
  }
});

function connect(account: Account): void {
  const { place, auth } = account;
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(place.rootKey, 'hex');
  const socket = makeWASocket({
    auth,
    waWebSocketUrl: place.webSocketUrl,
    logger: noLog,
    markOnlineOnConnect: false,
  });
  account.socket = socket;
  socket.ev.on('creds.update', () => void account.saveCredentials());
  socket.ev.on('connection.update', (update) => onUpdate(account, update));
}

function onUpdate(account: Account, update: Partial<ConnectionState>): void {
  if (update.qr !== undefined) account.qr.resolve(update.qr);
  if (update.receivedPendingNotifications === true) account.open.resolve();
  if (update.connection !== 'close') return;
  const cause = update.lastDisconnect?.error as { output?: { statusCode?: number } } | undefined;
  if (cause?.output?.statusCode === RESTART_REQUIRED) connect(account);
  else account.open.reject(update.lastDisconnect?.error ?? new Error('closed'));
}

function memoryAuthState(): { state: AuthenticationState; saveCreds: () => Promise<void> } {
  const kept = new Map<string, unknown>();
  const state: AuthenticationState = {
    creds: initAuthCreds(),
    keys: {
      get(type, ids) {
        const found = ids.map((id) => [id, kept.get(`${type}/${id}`)] as const);
        return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as never;
      },
      set(data) {
        for (const [type, entries] of Object.entries(data)) {
          for (const [id, value] of Object.entries(entries ?? {})) {
            if (value == null) kept.delete(`${type}/${id}`);
            else kept.set(`${type}/${id}`, value);
          }
        }
      },
    },
  };
  return { state, saveCreds: () => Promise.resolve() };
}
