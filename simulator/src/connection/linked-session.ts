import { strikeNow } from '../faults/strike.ts';
import { greetDevice } from '../phones/greet-device.ts';
import { receiveMessage } from '../messages/receive-message.ts';
import { receiveReceipt } from '../messages/receive-receipt.ts';
import { answerQuery } from '../queries/router.ts';
import { stanza, SERVER } from '../wire/stanza.ts';
import type { Account } from '../accounts/accounts.ts';
import type { LinkedDevice } from '../accounts/linked-devices.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';
import type { ClientConnection, StanzaHandler } from './client-connection.ts';
import type { DeviceLine, Impairment } from './device-line.ts';

/**
 * A linked device that is logged in.
 *
 * It starts *behind*: only answers to its own queries are sent. When it declares itself active it
 * gets what waited for it, then the offline marker, and is *caught up*: live traffic flows, and
 * faults that hit a standing connection may strike.
 */
export class LinkedSession implements StanzaHandler, DeviceLine {
  readonly phone: string;
  readonly device: number;
  readonly #world: World;
  readonly #connection: ClientConnection;
  readonly #account: Account;
  #isCaughtUp = false;
  #isMute = false;

  constructor(world: World, connection: ClientConnection, account: Account, device: LinkedDevice) {
    this.#world = world;
    this.#connection = connection;
    this.#account = account;
    this.phone = account.phone;
    this.device = device.device;
  }

  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  send(node: Stanza): void {
    if (!this.#isMute) this.#connection.send(node);
  }

  sendEncoded(bytes: Buffer): void {
    if (!this.#isMute) this.#connection.sendEncoded(bytes);
  }

  impair(impairment: Impairment): void {
    if (impairment.kind === 'mute') this.#isMute = true;
    else this.#connection.impair(impairment);
    // Nobody hears what is sent from now on: it waits for the next login, which overlaps nothing.
    if (impairment.kind === 'dead') this.#leave();
  }

  end(lastWord: Stanza): void {
    this.#leave();
    this.#connection.end(lastWord);
  }

  drop(): void {
    this.#leave();
    this.#connection.drop();
  }

  closed(): void {
    this.#leave();
  }

  async handle(node: Stanza): Promise<void> {
    if (this.#isMute) return this.#answerPing(node);
    switch (node.tag) {
      case 'iq':
        return this.#handleQuery(node);
      case 'message':
        return receiveMessage(this.#world, this, this.#account, node);
      case 'receipt':
        return receiveReceipt(this.#world, this, this.#account, node);
      case 'ack':
        return this.#handleAck(node);
      default: // presence, chat state, telemetry: nobody in this world looks at them
        return undefined;
    }
  }

  #answerPing({ tag, attrs: { xmlns, id } }: Stanza): void {
    if (tag !== 'iq' || xmlns !== 'w:p') return;
    this.#connection.send(stanza('iq', { type: 'result', from: SERVER, id }));
  }

  async #handleQuery(query: Stanza): Promise<void> {
    const { type, xmlns, id } = query.attrs;
    if (type !== 'get' && type !== 'set') return;
    const device = this.#world.devices.find(this.phone, this.device);
    if (!device) return;
    const context = { world: this.#world, account: this.#account, device };
    const answer = answerQuery(context, query);
    this.send(stanza('iq', { type: 'result', from: SERVER, id, ...answer.attrs }, answer.content));
    const action = Array.isArray(query.content) ? query.content[0]?.tag : undefined;
    if (xmlns === 'passive' && action === 'active') await this.#catchUp(device);
    if (xmlns === 'md' && action === 'remove-companion-device') this.#logOut(device);
  }

  async #catchUp(device: LinkedDevice): Promise<void> {
    const count = this.#world.outbox.catchUp(this, (node) => this.send(node));
    this.send(stanza('ib', { from: SERVER }, [stanza('offline', { count: String(count) })]));
    this.#isCaughtUp = true;
    if (!device.greeted) await greetDevice(this.#world, this.#account, device);
    strikeNow(this.#world, this);
  }

  #handleAck(ack: Stanza): void {
    const { class: kind, id = '', error } = ack.attrs;
    if (kind !== 'message') {
      this.#world.outbox.acknowledged(this, ack);
      return;
    }
    if (error === undefined) {
      this.#world.outbox.messageArrived(this, id);
      return;
    }
    this.#world.stats.add('negativeAcks');
    this.#world.outbox.messageRefused(this, id);
  }

  #logOut(device: LinkedDevice): void {
    this.#world.devices.remove(device);
    this.#world.outbox.discard(device);
    this.end(
      stanza('stream:error', { code: '401' }, [stanza('conflict', { type: 'device_removed' })]),
    );
  }

  #leave(): void {
    this.#isCaughtUp = false;
    this.#world.lines.unregister(this);
  }
}
