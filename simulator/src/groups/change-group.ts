import { addressOf } from '../accounts/accounts.ts';
import { secondsText } from '../clock/clock.ts';
import { stanza } from '../wire/stanza.ts';
import { describeGroup } from './describe-group.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Addressing } from '../accounts/address.ts';
import type { Group } from './groups.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/** Makes a group; its first participant is the one who made it. */
export function createGroup(
  world: World,
  name: string,
  participants: readonly [Account, ...Account[]],
  addressing: Addressing,
): Group {
  const [creator, ...others] = participants;
  return world.database.transaction(() => {
    const digits = (number: number) =>
      String(120_363_000_000_000_000n + BigInt(world.random.integer(`group/${number}`, 1e12)));
    const group = world.groups.create(name, creator.phone, addressing, digits);
    world.groups.join(group, creator.phone, 'superadmin');
    for (const { phone } of others) world.groups.join(group, phone, 'member');
    const content = [describeGroup(world, group)];
    const change = stanza('create', { type: 'new', key: `${group.id}-create` }, content);
    notifyMembers(world, group, creator, change);
    return group;
  });
}

/** Changes who is in a group, on behalf of its creator; those concerned are told, too. */
export function changeMembers(
  world: World,
  group: Group,
  add: readonly Account[],
  remove: readonly Account[],
): void {
  const actor = world.accounts.of(group.creator);
  if (!actor) return;
  world.database.transaction(() => {
    const added = add.filter(({ phone }) => world.groups.join(group, phone, 'member'));
    if (added.length > 0) {
      notifyMembers(world, group, actor, stanza('add', {}, describeMembers(group, added)));
    }
    const present = new Set(world.groups.members(group).map(({ phone }) => phone));
    const removed = remove.filter(({ phone }) => present.has(phone));
    if (removed.length > 0) {
      notifyMembers(world, group, actor, stanza('remove', {}, describeMembers(group, removed)));
      for (const { phone } of removed) world.groups.leave(group, phone);
    }
  });
}

function describeMembers(group: Group, members: readonly Account[]): Stanza[] {
  const isLid = group.addressing === 'lid';
  return members.map((member) =>
    stanza('participant', {
      jid: addressOf(member, group.addressing),
      [isLid ? 'phone_number' : 'lid']: addressOf(member, isLid ? 'pn' : 'lid'),
    }),
  );
}

function notifyMembers(world: World, group: Group, actor: Account, change: Stanza): void {
  const number = Number(world.settings.get('notifications') ?? 0) + 1;
  world.settings.set('notifications', number);
  const notification = stanza(
    'notification',
    {
      from: group.id,
      type: 'w:gp2',
      id: String(1_000_000_000 + number),
      participant: addressOf(actor, group.addressing),
      participant_pn: group.addressing === 'lid' ? addressOf(actor, 'pn') : undefined,
      addressing_mode: group.addressing,
      t: secondsText(world.clock),
    },
    [change],
  );
  for (const { phone } of world.groups.members(group)) {
    for (const device of world.devices.of(phone)) world.outbox.put(device, notification);
  }
}
