import type { FastifyInstance } from 'fastify';

import { Refusal } from '../refusal.ts';
import { isRegistered } from '../accounts/accounts.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Group } from '../groups/groups.ts';
import type { Linking } from '../linking/linking.ts';
import type { World } from '../world/world.ts';

/** What endpoints work with. */
export interface ApiContext {
  readonly world: World;
  readonly linking: Linking;
}

/** Adds one endpoint to the server. */
export type Endpoint = (server: FastifyInstance, context: ApiContext) => void;

/** The account of a number as people write it (`+44 7400 000001`). Throws a `Refusal`. */
export function accountOf(world: World, written: string): Account {
  const phone = phoneNumber(written);
  const account = world.accounts.of(phone);
  if (!account) {
    throw new Refusal('unknown', 'not_registered', `${phone} has no WhatsApp account.`);
  }
  return account;
}

/** The group under an address, with or without `@g.us`. Throws a `Refusal`. */
export function groupOf(world: World, written: string): Group {
  const group = world.groups.find(written.includes('@') ? written : `${written}@g.us`);
  if (!group) throw new Refusal('unknown', 'unknown_group', `There is no group ${written}.`);
  return group;
}

/** The digits of a number. Throws a `Refusal` if it is none. */
export function phoneNumber(written: string): string {
  const phone = written.replaceAll(/[\s()+-]/g, '');
  if (!isRegistered(phone) && !/^[1-9]\d{4,14}$/.test(phone)) {
    throw new Refusal('invalid', 'bad_number', `"${written}" is not an international number.`);
  }
  return phone;
}
