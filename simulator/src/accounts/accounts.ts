import { parseUserAddress, userAddress } from './address.ts';
import type { Addressing } from './address.ts';
import type { SeededRandom } from '../random/seeded-random.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

/** Someone with a WhatsApp account: a number, the hidden number (LID) WhatsApp gave it, a name. */
export interface Account {
  readonly phone: string;
  readonly lid: string;
  readonly name: string;
}

const FIRST_NAMES = [
  'Ann',
  'Ben',
  'Cleo',
  'Dan',
  'Eve',
  'Finn',
  'Gia',
  'Hugo',
  'Ida',
  'Jon',
  'Kim',
  'Leo',
  'Mia',
  'Ned',
  'Ola',
  'Pia',
  'Quin',
  'Rae',
  'Sam',
  'Tess',
  'Uma',
  'Vic',
  'Wren',
  'Zoe',
];

/** Every number is a registered account unless it ends in 0000. */
export function isRegistered(phone: string): boolean {
  return /^[1-9]\d{4,14}$/.test(phone) && !phone.endsWith('0000');
}

/** The address of an account (or one of its devices) under either of its names. */
export function addressOf(account: Account, addressing: Addressing, device = 0): string {
  return userAddress(addressing === 'pn' ? account.phone : account.lid, addressing, device);
}

/** All accounts of the world. They come into being when somebody first speaks of their number. */
export class Accounts {
  readonly #random: SeededRandom;
  readonly #byPhone: Query<Account>;
  readonly #byLid: Query<Account>;
  readonly #insert: Query<never>;
  readonly #rename: Query<never>;
  readonly #list: Query<Account>;
  readonly #known = new Map<string, Account>();

  constructor(database: WorldDatabase, random: SeededRandom) {
    this.#random = random;
    this.#byPhone = database.prepare('SELECT phone, lid, name FROM account WHERE phone = ?');
    this.#byLid = database.prepare('SELECT phone, lid, name FROM account WHERE lid = ?');
    this.#insert = database.prepare('INSERT INTO account (phone, lid, name) VALUES (?, ?, ?)');
    this.#rename = database.prepare('UPDATE account SET name = ? WHERE phone = ?');
    this.#list = database.prepare('SELECT phone, lid, name FROM account ORDER BY phone');
  }

  /** The account of a number, made now if it was never spoken of; undefined if unregistered. */
  of(phone: string): Account | undefined {
    const known = this.#known.get(phone);
    if (known) return known;
    if (!isRegistered(phone)) return undefined;
    return this.#remember(this.#byPhone.get(phone) ?? this.#create(phone));
  }

  /** The account an address belongs to; a LID is known only once its number has been spoken of. */
  at(jid: string | undefined): Account | undefined {
    const address = parseUserAddress(jid);
    if (!address) return undefined;
    if (address.addressing === 'pn') return this.of(address.user);
    const known = this.#known.get(`${address.user}@lid`);
    if (known) return known;
    const account = this.#byLid.get(address.user);
    return account && this.#remember(account);
  }

  rename(account: Account, name: string): Account {
    this.#rename.run(name, account.phone);
    return this.#remember({ ...account, name });
  }

  list(): Account[] {
    return this.#list.all();
  }

  forgetAll(): void {
    this.#known.clear();
  }

  #create(phone: string): Account {
    const lid = this.#freeLid(phone);
    const given = FIRST_NAMES[this.#random.integer(`name/${phone}`, FIRST_NAMES.length)];
    const account = { phone, lid, name: `${given ?? 'Sam'} ${phone.slice(-4)}` };
    this.#insert.run(phone, lid, account.name);
    return account;
  }

  #freeLid(phone: string): string {
    for (let attempt = 0; ; attempt++) {
      const purpose = `lid/${phone}/${attempt}`;
      const lid = String(100_000_000_000_000 + this.#random.integer(purpose, 99_999_999_999_999));
      if (!this.#byLid.get(lid)) return lid;
    }
  }

  #remember(account: Account): Account {
    this.#known.set(account.phone, account);
    this.#known.set(`${account.lid}@lid`, account);
    return account;
  }
}
