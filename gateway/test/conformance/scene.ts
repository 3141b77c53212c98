import { messageId } from '../../src/domain/ids.ts';
import { openDatabase } from '../../src/storage/database.ts';
import type { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** What the collection's requests find: accounts and messages like those of its examples. */
export interface Scene {
  readonly agentKey: string;
  /** Keys of services, by what they are for. */
  readonly keys: Record<ServiceRole, string>;
}

export type ServiceRole =
  /** Linked, in two groups, with a read message and received ones. */
  | 'linked'
  /** Linked, with `receiveMessage` off. */
  | 'quiet'
  /** As `quiet`, and a country code was set. */
  | 'quietWithCode'
  /** Linked, and a country code was set. */
  | 'withCode'
  /** With the three messages of the `sentMessages` example. */
  | 'busy'
  /** Nobody has scanned its code, nothing was sent. */
  | 'fresh'
  /** As `fresh`: to be linked by a code. */
  | 'pairing'
  /** Its webhook will be set. */
  | 'hooked'
  /** Its webhook will be removed. */
  | 'hookedToRemove'
  /** Nothing waits for its webhook. */
  | 'hookedIdle'
  /** Four events wait for its webhook. */
  | 'hookedPending'
  /** Belongs to the agent. */
  | 'ofAgent'
  /** As `ofAgent`: to be removed. */
  | 'disposable';

const OWN = '15551234568';
/** Whom the examples write to, and who has written. */
const OTHER = '15551234567';
/** The message that the documented `getStatus` asks for. */
const DOCUMENTED_ID = 23145;

/** Builds the scene; through the API wherever that is possible. */
export async function setScene(world: TestWorld): Promise<Scene> {
  const linked = await makeLinked(world);
  const quiet = await world.makeService({ link: '15551234572' });
  await world.ask(`/serviceSettings/${quiet}?receiveMessage=off`);
  const quietWithCode = await world.makeService({ link: '15551234573' });
  await world.ask(`/serviceSettings/${quietWithCode}?receiveMessage=off&countryCode=44`);
  const withCode = await world.makeService({ link: '15551234574' });
  await world.ask(`/serviceSettings/${withCode}?countryCode=44`);
  const agent = { name: 'Reseller', credit: '1000.00', mode: 'test' };
  const { agentKey } = (await world.askAsOperator('/admin/agents', agent)).json;
  const keys = {
    linked,
    quiet,
    quietWithCode,
    withCode,
    busy: await makeBusy(world),
    fresh: await world.makeService(),
    pairing: await world.makeService(),
    hooked: await world.makeService(),
    hookedToRemove: await makeHooked(world, 'https://whatsiplus.com/webhook', 0),
    hookedIdle: await makeHooked(world, 'https://whatsiplus.com/webhook', 0),
    hookedPending: await makePending(world),
    ofAgent: await buyService(world, agentKey),
    disposable: await buyService(world, agentKey),
  };
  return { agentKey, keys };
}

/**
 * The scene for somebody else: whoever played it before has removed the disposable service, and had
 * the waiting events sent again, which may be asked for now and then only.
 */
export async function resetScene(world: TestWorld, scene: Scene): Promise<Scene> {
  const disposable = await buyService(world, scene.agentKey);
  const hookedPending = await makePending(world);
  return { ...scene, keys: { ...scene.keys, disposable, hookedPending } };
}

/** A message that waits until tomorrow. */
export async function scheduleMessage(world: TestWorld, apiKey: string): Promise<number> {
  const tomorrow = Math.floor(Date.now() / 1000) + 86_400;
  const query = `phonenumber=${OTHER}&message=later&schedule=${tomorrow}`;
  const { json } = await world.ask(`/sendMsg/${apiKey}?${query}`);
  return json.messageId as number;
}

async function makePending(world: TestWorld): Promise<string> {
  return await makeHooked(world, 'https://webhook.site/6a61d7c8-43bf-4e5b-b554-9aa727f9a00e', 4);
}

async function buyService(world: TestWorld, agentKey: string): Promise<string> {
  const { json } = await world.ask(`/module/create?agentKey=${agentKey}&planId=4&cycle=1`);
  return json.apiKey as string;
}

async function makeLinked(world: TestWorld): Promise<string> {
  const apiKey = await world.makeService({ link: OWN });
  for (const name of ['Group Test 1', 'Group Test 2']) {
    await world.askSimulator('/simulator/groups', { name, participants: [OTHER, OWN] });
  }
  await onDatabase(world, (run) => run(`ALTER SEQUENCE message_ids RESTART ${DOCUMENTED_ID}`));
  const id = await world.send(apiKey, OTHER, 'This is a test from WhatsiPlus');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
  for (const number of [1, 2, 3]) {
    const text = `This is a test message${number} from WhatsiPlus`;
    await world.askSimulator(`/simulator/phones/${OTHER}/messages`, { to: OWN, text });
    await waitUntil('the message to be received', async () => {
      return (await world.ask(`/receivedMessages/${apiKey}`)).json.count === number;
    });
  }
  return apiKey;
}

/**
 * Nobody is linked, so the messages stay; the newer two stand as in the moment of acceptance. They
 * are not due, or whoever looks next would show them as queued.
 */
async function makeBusy(world: TestWorld): Promise<string> {
  const apiKey = await world.makeService();
  const ids: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    ids.push(await world.send(apiKey, OTHER, 'This is a test message'));
  }
  for (const id of ids) await world.waitForStatus(apiKey, id, { statusInfo: 'Pending' });
  const newer = ids.slice(1).map(messageId).join(', ');
  await onDatabase(world, (run) =>
    run(`UPDATE messages SET state = 'accepted', due_at = now() + interval '1 hour'
         WHERE id IN (${newer})`),
  );
  return apiKey;
}

/** Events wait for times far ahead, so that nothing is ever posted. */
async function makeHooked(world: TestWorld, url: string, waiting: number): Promise<string> {
  const apiKey = await world.makeService();
  const set = await world.ask(`/webhook/set/${apiKey}?url=${encodeURIComponent(url)}`);
  if (set.status !== 200) throw new Error(`no webhook was set: ${set.text}`);
  for (let count = 0; count < waiting; count += 1) {
    await onDatabase(world, (run) =>
      run(`INSERT INTO webhook_deliveries (event_id, listener_id, subject, next_at)
           SELECT 1000 * max(listener_id) + ${count}, max(listener_id), 'message:1', now() + interval '1 day'
           FROM webhooks`),
    );
  }
  return apiKey;
}

async function onDatabase(
  world: TestWorld,
  work: (run: (statement: string) => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  const database = openDatabase(world.databaseUrl, () => undefined);
  try {
    await work((statement) => database.pool.query(statement));
  } finally {
    await database.close();
  }
}
