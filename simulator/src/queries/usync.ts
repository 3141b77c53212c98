import { addressOf } from '../accounts/accounts.ts';
import { parseUserAddress, userAddress } from '../accounts/address.ts';
import { secondsText } from '../clock/clock.ts';
import { child, children, stanza, textOf } from '../wire/stanza.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';
import type { QueryHandler } from './query.ts';

/** Tells about people what the asker wants to know: devices, LID, whether they exist, status. */
export const answerUsync: QueryHandler = ({ world }, query) => {
  const usync = child(query, 'usync');
  const protocols = children(child(usync, 'query')).map(({ tag }) => tag);
  const users = children(child(usync, 'list'), 'user').map((user) =>
    describeUser(world, user, protocols),
  );
  const { sid, mode, context } = usync?.attrs ?? {};
  return [
    stanza('usync', { sid, mode, context, index: '0', last: 'true' }, [
      stanza(
        'result',
        {},
        protocols.map((protocol) => stanza(protocol)),
      ),
      stanza('list', {}, users),
    ]),
  ];
};

function describeUser(world: World, user: Stanza, protocols: readonly string[]): Stanza {
  const asked = parseUserAddress(user.attrs['jid'] ?? jidOfContact(child(user, 'contact')));
  const jid = asked && userAddress(asked.user, asked.addressing);
  const account = world.accounts.at(jid);
  const told = protocols.flatMap((protocol) => {
    switch (protocol) {
      case 'contact':
        return [stanza('contact', { type: account ? 'in' : 'out' })];
      case 'devices':
        return [describeDevices(world, account)];
      case 'lid':
        // A LID is not mapped to itself: clients would store that and refetch sessions for ever.
        return account && asked?.addressing === 'pn'
          ? [stanza('lid', { val: addressOf(account, 'lid') })]
          : [];
      case 'status':
        return [stanza('status', { t: secondsText(world.clock) }, Buffer.from('Hello.'))];
      case 'disappearing_mode':
        return [stanza('disappearing_mode', { duration: '0', t: '0' })];
      default:
        return [];
    }
  });
  return stanza('user', { jid }, told);
}

function describeDevices(world: World, account: Account | undefined): Stanza {
  if (!account) return stanza('devices', {}, [stanza('device-list', {}, [])]);
  const linked = world.devices
    .of(account.phone)
    .map(({ device }) => stanza('device', { id: String(device), 'key-index': String(device) }));
  return stanza('devices', {}, [
    stanza('device-list', {}, [stanza('device', { id: '0' }), ...linked]),
  ]);
}

/** Contacts are asked for as `+digits`. */
function jidOfContact(contact: Stanza | undefined): string | undefined {
  const digits = textOf(contact)?.replaceAll(/\D/g, '');
  return digits ? userAddress(digits, 'pn') : undefined;
}
