import { stanza } from '../wire/stanza.ts';
import type { LinkedDevice } from '../accounts/linked-devices.ts';
import type { World } from '../world/world.ts';

/** Ends a link from the phone's side: the device is told, and refused from then on. */
export function unlinkDevice(world: World, device: LinkedDevice): void {
  world.database.transaction(() => {
    world.devices.remove(device);
    world.outbox.discard(device);
  });
  const conflict = stanza('conflict', { type: 'device_removed' });
  world.lines
    .of(device.phone, device.device)
    ?.end(stanza('stream:error', { code: '401' }, [conflict]));
}
