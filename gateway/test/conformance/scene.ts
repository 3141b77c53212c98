import { messageId } from '../../src/domain/ids.ts';
import type { MessageState } from '../../src/domain/message-state.ts';
import { insertReceived } from '../../src/storage/received/insert-received.ts';
import type { HttpOnly, TestService } from '../harness/http-only.ts';

/** What the collection's requests find: accounts and messages like those of its examples. */
export interface Scene {
  /** Linked to 15551234567, with messages. */
  readonly linked: TestService;
  /** With the three messages of the `sentMessages` example. */
  readonly busy: TestService;
  /** Nobody has scanned its code yet. */
  readonly fresh: TestService;
  readonly agentKey: string;
  /** A service of that agent. */
  readonly agentsApiKey: string;
  /** Of a message that was read. */
  readonly readMessageId: number;
}

const NUMBER = '15551234567';

/** Builds the scene through the API where that is possible, else as the sender would. */
export async function setScene(http: HttpOnly): Promise<Scene> {
  const linked = await http.openService();
  await http.sessions.link(linked.id, NUMBER);
  const busy = await http.openService();
  await sendExamples(http, busy);
  const fresh = await http.openService();
  const made = await http.operate('/admin/agents', { name: 'Reseller', credit: '1000.00' });
  const { agentKey } = made.json as { agentKey: string };
  const created = await http.ask(`/module/create?agentKey=${agentKey}&planId=2&cycle=1`);
  await receiveExamples(http, linked);
  return {
    linked,
    busy,
    fresh,
    agentKey,
    agentsApiKey: (created.json as { apiKey: string }).apiKey,
    readMessageId: await sendReadMessage(http, linked),
  };
}

/** The messages of the `sentMessages` example. */
async function sendExamples(http: HttpOnly, service: TestService): Promise<void> {
  const first = await send(http, service, 'This is a test message');
  await setState(http, first, 'ready', null);
  await send(http, service, 'This is a test message');
  await send(http, service, 'This is a test message');
}

async function sendReadMessage(http: HttpOnly, service: TestService): Promise<number> {
  const id = await send(http, service, 'This is a test from WhatsiPlus');
  await setState(http, id, 'read', new Date());
  return id;
}

async function send(http: HttpOnly, { apiKey }: TestService, message: string): Promise<number> {
  const answer = await http.post(`/sendMsg/${apiKey}`, { phonenumber: NUMBER, message });
  return (answer.json as { messageId: number }).messageId;
}

async function setState(
  http: HttpOnly,
  id: number,
  state: MessageState,
  executedAt: Date | null,
): Promise<void> {
  await http.database.query
    .updateTable('messages')
    .set({ state, executed_at: executedAt })
    .where('id', '=', messageId(id))
    .execute();
}

async function receiveExamples(http: HttpOnly, { id }: TestService): Promise<void> {
  await insertReceived(
    http.database.pool,
    [1, 2, 3].map((number) => ({
      serviceId: id,
      whatsAppId: `3EB0${number}`,
      groupId: '',
      fromPhone: NUMBER,
      fromLid: null,
      type: 'chat',
      text: `This is a test message${number} from WhatsiPlus`,
      sentAtMs: Date.now(),
    })),
  );
}
