import { addressOf } from '../accounts/accounts.ts';
import { secondsText } from '../clock/clock.ts';
import { UnlinkedClient, companionKeysOf } from '../linking/unlinked-client.ts';
import { stanza } from '../wire/stanza.ts';
import { LinkedSession } from './linked-session.ts';
import type { Account } from '../accounts/accounts.ts';
import type { LinkedDevice } from '../accounts/linked-devices.ts';
import type { FaultOptions } from '../faults/faults.ts';
import type { Linking } from '../linking/linking.ts';
import type { HandshakeResult } from '../wire/noise-responder.ts';
import type { World } from '../world/world.ts';
import type { Admission, ClientConnection, StanzaHandler } from './client-connection.ts';

const SILENCE: StanzaHandler = { handle: () => Promise.resolve(), closed: () => undefined };

/** Lets unlinked clients wait for a phone, logs linked devices in, and turns strangers away. */
export function makeAdmission(world: World, linking: Linking): Admission {
  return (connection, result) => {
    world.stats.add('connections');
    const failure = world.faults.take('login-failure', result.payload.username?.toString());
    if (failure) return fail(world, connection, failure.options);
    if (world.faults.take('refuse-connection', undefined, isSilent)) return SILENCE;
    return result.payload.devicePairingData
      ? admitUnlinked(world, linking, connection, result)
      : admitDevice(world, connection, result);
  };
}

function admitUnlinked(
  world: World,
  linking: Linking,
  connection: ClientConnection,
  result: HandshakeResult,
): StanzaHandler | undefined {
  const keys = companionKeysOf(result);
  if (!keys) {
    world.stats.add('badSignatures');
    return refuse(world, connection, 400);
  }
  const client = new UnlinkedClient(world, connection, keys, () => linking.forget(client));
  linking.welcome(client);
  return client;
}

function admitDevice(
  world: World,
  connection: ClientConnection,
  result: HandshakeResult,
): StanzaHandler | undefined {
  const found = identify(world, result);
  if (!found) return refuse(world, connection, 401);
  const { account, device } = found;
  const refusal = world.faults.take('refuse-connection', account.phone);
  if (refusal?.options.mode === 'silent') return SILENCE;
  if (refusal?.options.status !== undefined) {
    return refuse(world, connection, refusal.options.status);
  }
  if (refusal) {
    connection.drop();
    return undefined;
  }
  const session = new LinkedSession(world, connection, account, device);
  replaceFormer(world, session);
  world.stats.add('logins');
  const lid = addressOf(account, 'lid', device.device);
  session.send(stanza('success', { t: secondsText(world.clock), lid, location: 'sim' }));
  return session;
}

/** A login proves itself by its number, its device and the noise key that device was linked with. */
function identify(
  world: World,
  { clientKey, payload }: HandshakeResult,
): { account: Account; device: LinkedDevice } | undefined {
  const account = world.accounts.of(String(payload.username ?? ''));
  const device = account && world.devices.find(account.phone, payload.device ?? 0);
  if (!account || !device?.noiseKey.equals(clientKey)) return undefined;
  return { account, device };
}

/** A device has one socket; the newer one wins and the older is told so. */
function replaceFormer(world: World, session: LinkedSession): void {
  const former = world.lines.register(session);
  if (!former) return;
  world.stats.add('overlappingSockets');
  former.end(stanza('stream:error', {}, [stanza('conflict', { type: 'replaced' })]));
}

function refuse(world: World, connection: ClientConnection, reason: number): undefined {
  world.stats.add('loginsRefused');
  connection.end(stanza('failure', { reason: String(reason), location: 'sim' }));
  return undefined;
}

/** A refused login as WhatsApp words it; a ban for a while says why and for how long. */
function fail(
  world: World,
  connection: ClientConnection,
  { code = 401, banCode, expire }: FaultOptions,
): undefined {
  world.stats.add('loginsRefused');
  connection.end(
    stanza('failure', {
      reason: String(code),
      location: 'sim',
      code: banCode === undefined ? undefined : String(banCode),
      expire: expire === undefined ? undefined : String(expire),
    }),
  );
  return undefined;
}

function isSilent(fault: { options: { mode?: string } }): boolean {
  return fault.options.mode === 'silent';
}
