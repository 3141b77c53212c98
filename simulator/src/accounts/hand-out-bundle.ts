import { parseUserAddress } from './address.ts';
import { secondsText } from '../clock/clock.ts';
import { SERVER, stanza } from '../wire/stanza.ts';
import type { KeyBundle } from './key-bundle.ts';
import type { LinkedDevice } from './linked-devices.ts';
import type { World } from '../world/world.ts';

/** Clients upload more one-time keys when they are told of fewer than this (`MIN_PREKEY_COUNT`). */
const PRE_KEYS_LOW = 5;

/** The bundle of the device at an address; undefined if nobody is there. Uses a one-time key up. */
export function handOutBundle(world: World, jid: string): KeyBundle | undefined {
  const account = world.accounts.at(jid);
  const number = parseUserAddress(jid)?.device ?? 0;
  if (!account) return undefined;
  if (number === 0) return world.phoneKeys.takeBundle(account);
  const device = world.devices.find(account.phone, number);
  return device && handOutDeviceBundle(world, device);
}

/** The bundle of a linked device, which is told when its one-time keys run low. */
export function handOutDeviceBundle(world: World, device: LinkedDevice): KeyBundle {
  const bundle = world.devices.takeBundle(device);
  const left = world.devices.countPreKeys(device);
  const line = world.lines.of(device.phone, device.device);
  if (left < PRE_KEYS_LOW && line?.isCaughtUp) {
    const id = `prekeys-${device.device}-${world.clock.now()}`;
    const count = stanza('count', { value: String(left) });
    const t = secondsText(world.clock);
    line.send(stanza('notification', { from: SERVER, type: 'encrypt', id, t }, [count]));
  }
  return bundle;
}
