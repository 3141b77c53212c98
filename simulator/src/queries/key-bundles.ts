import { handOutBundle } from '../accounts/hand-out-bundle.ts';
import { bundleElements } from '../accounts/key-bundle.ts';
import { parseUserAddress } from '../accounts/address.ts';
import { child, children, stanza } from '../wire/stanza.ts';
import type { QueryHandler } from './query.ts';

/** Hands out the key bundles of other devices, one one-time key each. */
export const answerKeys: QueryHandler = ({ world }, query) => {
  const asked = children(child(query, 'key'), 'user').map((user) => user.attrs['jid'] ?? '');
  const users = world.database.transaction(() =>
    asked.map((jid) => {
      const isWithheld = world.faults.take('withhold-keys', world.accounts.at(jid)?.phone);
      const bundle = isWithheld ? undefined : handOutBundle(world, jid);
      if (!bundle) {
        return stanza('user', { jid }, [stanza('error', { code: '404', text: 'item-not-found' })]);
      }
      const number = parseUserAddress(jid)?.device ?? 0;
      const device = world.devices.find(world.accounts.at(jid)?.phone ?? '', number);
      const identity = device ? [stanza('device-identity', {}, device.deviceIdentity)] : [];
      return stanza('user', { jid }, [...bundleElements(bundle), ...identity]);
    }),
  );
  return [stanza('list', {}, users)];
};
