import type { GroupId } from '../../domain/group-id.ts';
import type { WhatsAppId } from '../../domain/ids.ts';
import type { Log } from '../../runtime/log.ts';
import { SendRefusal, type Group } from '../../sessions/connection.ts';
import {
  getAllBinaryNodeChildren,
  jidDecode,
  type BinaryNode,
  type proto,
  type WASocket,
} from '../baileys.ts';
import { makeJid } from '../jid.ts';
import { findKeyless } from './find-keyless.ts';
import { GroupDirectory } from './group-directory.ts';

type Device = Awaited<ReturnType<WASocket['getUSyncDevices']>>[number];

/** Notifications after which somebody who has our key is no member any more. */
const DEPARTURES = new Set(['remove', 'leave']);

/**
 * Sends to groups, and keeps right what that needs: who is a member, and who has our key.
 *
 * The library sends one ciphertext to all members, and our key for it to each device that lacks it.
 * It gives a message up when WhatsApp has no keys for one of these devices; here that device is left
 * out for some minutes (the library then forgets the device list and asks again), and gets the key
 * with the first message for which it can be encrypted.
 */
export class GroupSender {
  readonly #socket: WASocket;
  readonly #log: Log;
  readonly directory: GroupDirectory;

  constructor(socket: WASocket, log: Log) {
    this.#socket = socket;
    this.#log = log;
    this.directory = new GroupDirectory(socket);
    socket.ws.prependListener('CB:notification,type:w:gp2', (node: BinaryNode) => {
      this.#noteChange(node);
    });
  }

  list(): Promise<Group[]> {
    return this.directory.list();
  }

  /** @throws SendRefusal `not_in_group`; temporary ones when a question is not answered */
  async send(
    groupId: GroupId,
    message: proto.IMessage,
    whatsAppId: WhatsAppId,
    useUserDevicesCache: boolean,
  ): Promise<void> {
    const jid = makeJid({ kind: 'group', groupId });
    const { participants } = await this.directory.require(jid, this.#ownUsers());
    const members = participants.map(({ id }) => id);
    const devices = await this.#socket.getUSyncDevices(members, useUserDevicesCache, false);
    const own = this.#ownUsers();
    const isAnyoneElse = (user: string | undefined): boolean => !own.has(user ?? '');
    // Without devices the library would send a message that nobody has the key for.
    if (
      members.some((member) => isAnyoneElse(jidDecode(member)?.user)) &&
      !devices.some(({ user }) => isAnyoneElse(user))
    ) {
      throw new SendRefusal('recipient_devices_unknown', true);
    }
    const relay = () => this.#socket.relayMessage(jid, message, { messageId: whatsAppId });
    try {
      await relay();
    } catch (error) {
      if ((await this.#leaveOutKeyless(devices)) === 0) throw error;
      await relay();
    }
  }

  /** @returns how many devices are left out from now on */
  async #leaveOutKeyless(devices: readonly Device[]): Promise<number> {
    const { assertSessions, userDevicesCache } = this.#socket;
    const jidOf = new Map(devices.map((device) => [device.jid, device]));
    const keyless = await findKeyless(
      [...jidOf.keys()],
      (jids) => assertSessions(jids),
      isRefusedByWhatsApp,
    );
    for (const jid of keyless) {
      const left = jidOf.get(jid);
      if (left === undefined) continue;
      const cached = await userDevicesCache.get<Device[]>(left.user);
      await userDevicesCache.set(
        left.user,
        (cached ?? []).filter(({ device }) => device !== left.device),
      );
    }
    if (keyless.length > 0) {
      this.#log.warn({ devices: keyless.length }, 'devices without keys are left out of a group');
    }
    return keyless.length;
  }

  #noteChange(node: BinaryNode): void {
    const jid = node.attrs['from'];
    if (jid === undefined) return;
    this.directory.forget(jid);
    if (getAllBinaryNodeChildren(node).some(({ tag }) => DEPARTURES.has(tag))) {
      void this.#renewKey(jid).catch((error: unknown) => {
        this.#log.warn({ err: error }, 'the key of a group was not renewed');
      });
    }
  }

  /** Who has left must not be able to read on: the next message begins a new key. */
  async #renewKey(jid: string): Promise<void> {
    const { authState, signalRepository } = this.#socket;
    const { me } = authState.creds;
    if (me === undefined) return;
    const names = [me.id, me.lid].flatMap((own) => {
      if (own === undefined) return [];
      const [name, device] = signalRepository.jidToSignalProtocolAddress(own).split('.');
      return [`${jid}::${name}::${device}`];
    });
    const nobody = Object.fromEntries(names.map((name) => [name, null]));
    await authState.keys.transaction(async () => {
      await authState.keys.set({ 'sender-key': nobody, 'sender-key-memory': { [jid]: null } });
    }, me.id);
  }

  #ownUsers(): Set<string> {
    const { me } = this.#socket.authState.creds;
    return new Set(
      [me?.id, me?.lid].flatMap((jid) => (jid === undefined ? [] : (jidDecode(jid)?.user ?? []))),
    );
  }
}

/** An answer that says no carries WhatsApp's code; a question without an answer carries none. */
function isRefusedByWhatsApp(error: unknown): boolean {
  return error instanceof Error && 'data' in error && typeof error.data === 'number';
}
