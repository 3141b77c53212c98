import { Accounts } from '../accounts/accounts.ts';
import { LinkedDevices } from '../accounts/linked-devices.ts';
import { DeviceLines } from '../connection/device-line.ts';
import { Outbox } from '../delivery/outbox.ts';
import { Faults } from '../faults/faults.ts';
import { Groups } from '../groups/groups.ts';
import { MediaStore } from '../media/media-store.ts';
import { RatchetLog } from '../messages/ratchet-log.ts';
import { WireLog } from '../messages/wire-log.ts';
import { WrittenMessages } from '../messages/written-messages.ts';
import { Behaviour } from '../phones/behaviour.ts';
import { PhoneKeys } from '../phones/phone-keys.ts';
import { PhoneSessions } from '../phones/phone-sessions.ts';
import { OwnSenderKeys } from '../phones/own-sender-keys.ts';
import { Screen } from '../phones/screen.ts';
import { SenderKeys } from '../phones/sender-keys.ts';
import { AppState } from '../queries/app-state-store.ts';
import { SeededRandom } from '../random/seeded-random.ts';
import { Turns } from './turns.ts';
import { WorldDatabase } from './database.ts';
import { Settings } from './settings.ts';
import { Stats } from './stats.ts';
import type { Clock } from '../clock/clock.ts';

/** Everything there is in the simulated WhatsApp, in one hand. */
export type World = ReturnType<typeof openWorld>;

/** Opens the world in `dataDir`, or makes an empty one. Throws `WorldError`: see there. */
export function openWorld(dataDir: string, seed: string, clock: Clock) {
  const database = new WorldDatabase(dataDir, seed);
  const random = new SeededRandom(seed);
  const settings = new Settings(database);
  const lines = new DeviceLines();
  const stats = new Stats(settings);
  const phoneKeys = new PhoneKeys(database, random);
  return {
    clock,
    random,
    database,
    settings,
    lines,
    phoneKeys,
    stats,
    accounts: new Accounts(database, random),
    devices: new LinkedDevices(database),
    sessions: new PhoneSessions(database, phoneKeys),
    senderKeys: new SenderKeys(database),
    ownSenderKeys: new OwnSenderKeys(database, random),
    screen: new Screen(database),
    behaviour: new Behaviour(settings),
    faults: new Faults(database),
    outbox: new Outbox(database, clock, lines),
    ratchets: new RatchetLog(database, stats),
    wireLog: new WireLog(database),
    written: new WrittenMessages(database),
    appState: new AppState(database),
    groups: new Groups(database, clock),
    media: new MediaStore(dataDir),
    turns: new Turns(),
  };
}

/** Makes the world as empty as on the first day. Whoever is connected has to be sent off before. */
export function emptyWorld(world: World): void {
  world.outbox.pause();
  const mediaPort = world.settings.get('mediaPort');
  world.database.clear();
  if (mediaPort !== undefined) world.settings.set('mediaPort', mediaPort);
  world.media.clear();
  world.faults.clear();
  world.behaviour.reset();
  world.stats.reset();
  world.accounts.forgetAll();
  world.devices.forgetAll();
  world.phoneKeys.forgetAll();
  world.sessions.forgetAll();
}

/** Writes the last counters and closes the file. */
export function closeWorld(world: World): void {
  world.outbox.pause();
  world.stats.save();
  world.database.close();
}
