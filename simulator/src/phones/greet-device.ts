import { deflateSync } from 'node:zlib';

import { proto } from 'baileys';

import { addressOf } from '../accounts/accounts.ts';
import { encElement, encryptFor, nextMessageId } from './write-message.ts';
import { stanza } from '../wire/stanza.ts';
import type { Account } from '../accounts/accounts.ts';
import type { LinkedDevice } from '../accounts/linked-devices.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

const { ProtocolMessage, HistorySyncType } = proto.Message;

/**
 * What a phone sends to a device that logs in for the first time: the key of the app state, then
 * a bootstrap of the history (empty but for the name). Without the second, Baileys holds back
 * all events for 20 seconds.
 */
export async function greetDevice(
  world: World,
  account: Account,
  device: LinkedDevice,
): Promise<void> {
  await world.turns.take(account.phone, async () => {
    const nodes: Stanza[] = [];
    for (const protocolMessage of [keyShare(world, account), bootstrap(account)]) {
      const ciphertext = await encryptFor(world, account, account, device, { protocolMessage });
      const attributes = {
        from: addressOf(account, 'pn'),
        id: nextMessageId(world, account),
        type: 'text',
        category: 'peer',
        t: String(Math.floor(world.clock.now() / 1000)),
      };
      nodes.push(stanza('message', attributes, [encElement(ciphertext)]));
    }
    world.database.transaction(() => {
      world.sessions.save(account, { lid: account.lid, device: device.device });
      world.devices.markGreeted(device);
      for (const node of nodes) world.outbox.put(device, node);
    });
  });
}

function keyShare(world: World, account: Account): proto.Message.IProtocolMessage {
  const { keyId, keyData } = world.phoneKeys.appStateKey(account);
  const fingerprint = { rawId: 1, currentIndex: 0, deviceIndexes: [0] };
  const timestamp = world.clock.now();
  return {
    type: ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
    appStateSyncKeyShare: {
      keys: [{ keyId: { keyId }, keyData: { keyData, fingerprint, timestamp } }],
    },
  };
}

function bootstrap(account: Account): proto.Message.IProtocolMessage {
  const history = proto.HistorySync.encode({
    syncType: proto.HistorySync.HistorySyncType.INITIAL_BOOTSTRAP,
    conversations: [],
    pushnames: [{ id: addressOf(account, 'pn'), pushname: account.name }],
    phoneNumberToLidMappings: [
      { pnJid: addressOf(account, 'pn'), lidJid: addressOf(account, 'lid') },
    ],
    progress: 100,
  }).finish();
  return {
    type: ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
    historySyncNotification: {
      syncType: HistorySyncType.INITIAL_BOOTSTRAP,
      initialHistBootstrapInlinePayload: deflateSync(history),
      progress: 100,
      chunkOrder: 0,
    },
  };
}
