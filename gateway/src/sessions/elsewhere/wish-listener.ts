import { toError } from '../../domain/errors.ts';
import { serviceId as serviceIdOf, type ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { Log } from '../../runtime/log.ts';
import type { Database } from '../../storage/database.ts';
import { CHANNELS } from '../../storage/notices/channels.ts';
import type { Notices } from '../../storage/notices/notices.ts';
import { listUnwanted } from '../../storage/sessions/list-unwanted.ts';

/** What the listener needs. */
export interface WishListenerParts {
  readonly database: Database;
  readonly notices: Notices;
  readonly held: {
    leases(): Lease[];
    /** Does what the service's row says is wanted. */
    standingChanged(serviceId: ServiceId): Promise<void>;
  };
  readonly log: Log;
}

/**
 * Has this process do what others wish: connect an account that it holds, or could hold, or close
 * one. What is wished while nothing is heard is found afterwards: closing here, in the rows of what
 * is held; connecting by whoever looks for free leases, and because whoever waits wishes again.
 * @returns stops it
 */
export function listenToWishes({ database, notices, held, log }: WishListenerParts): () => void {
  const heed = (serviceId: ServiceId): void => {
    held.standingChanged(serviceId).catch((error: unknown) => {
      log.warn({ err: toError(error), serviceId }, 'what is wanted of an account was not done');
    });
  };
  return notices.listen(CHANNELS.sessionWanted, {
    onNotice: (payload) => heed(serviceIdOf(Number(payload))),
    onGap() {
      const serviceIds = held.leases().map(({ serviceId }) => serviceId);
      listUnwanted(database.pool, serviceIds).then(
        (unwanted) => unwanted.forEach(heed),
        (error: unknown) => {
          log.warn({ err: toError(error) }, 'what is wanted could not be looked up');
        },
      );
    },
  });
}
