import type { Account } from '../accounts/accounts.ts';
import type { LinkedDevice } from '../accounts/linked-devices.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/** Who asks. */
export interface QueryContext {
  readonly world: World;
  readonly account: Account;
  readonly device: LinkedDevice;
}

/** Answers one kind of query; gives the children of the result. Throws `QueryError` to refuse. */
export type QueryHandler = (context: QueryContext, query: Stanza) => Stanza[];

export class QueryError extends Error {
  override name = 'QueryError';
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

/** For queries whose answer nobody reads. */
export const acknowledgeOnly: QueryHandler = () => [];
