import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import { tellOfEnds } from '../../src/lifecycle/end-teller.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { TestWorld, type Answer } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { WebhookSink } from '../harness/webhook-sink.ts';

// What becomes of an agent's services reaches the agent's own endpoint.

const world = await TestWorld.start({ TICKWIRE_ALLOW_PRIVATE_URLS: 'on' });
const database = openDatabase(world.databaseUrl, () => undefined);
const sink = await WebhookSink.open();
after(async () => {
  await sink[Symbol.asyncDispose]();
  await database.close();
  await world[Symbol.asyncDispose]();
});

interface Agent {
  readonly agentId: number;
  readonly agentKey: string;
}

const DAY_MS = 86_400_000;

async function makeAgent(): Promise<Agent> {
  const order = { name: 'Reseller', credit: '100.00', mode: 'test' };
  return (await world.askAsOperator('/admin/agents', order)).json;
}

async function call({ agentKey }: Agent, method: string, more = ''): Promise<Answer['json']> {
  const answer = await world.ask(`/module/${method}?agentKey=${agentKey}${more}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

const buy = async (agent: Agent, more = '&planId=2&cycle=1'): Promise<string> =>
  (await call(agent, 'create', more)).apiKey;

const listenAt = async (agent: Agent, path: string) =>
  await call(agent, 'webhook/set', `&url=${encodeURIComponent(sink.url(path))}`);

/** Type and service of each event that came, in the order it came. */
const toldAt = (path: string): string[][] =>
  sink.at(path).map(({ body }) => {
    const { type, service } = JSON.parse(body) as { type: string; service: string };
    return [type, service];
  });

/** Those of them that the sessions of a service have no part in. */
const ofServicesAt = (path: string): string[][] =>
  toldAt(path).filter(([type]) => type?.startsWith('service.'));

const waitForTold = async (path: string, expected: string[][]): Promise<void> => {
  await waitUntil(`${expected.length} events at ${path}`, () => {
    return sink.at(path).length >= expected.length;
  });
  assert.deepEqual(toldAt(path), expected);
};

const inDays = (count: number): Date => new Date(Date.now() + count * DAY_MS - 60_000);

async function endIn(apiKey: string, days: number, suspendedDaysAgo?: number): Promise<void> {
  await database.query
    .updateTable('services')
    .set({
      expires_at: inDays(days),
      ...(suspendedDaysAgo === undefined ? {} : { suspended_at: inDays(0 - suspendedDaysAgo) }),
    })
    .where('key_prefix', '=', apiKey.slice(0, 7))
    .execute();
}

test('an agent is told of each of its services beforehand and when it happens, signed', async () => {
  const [agent, other] = [await makeAgent(), await makeAgent()];
  const apiKey = await buy(agent);
  const foreign = await buy(other);
  const set = await listenAt(agent, '/agent');
  assert.deepEqual(set, {
    status: 'true',
    url: sink.url('/agent'),
    message: 'Webhook has been set successfully',
  });
  await listenAt(other, '/other');
  const service = apiKey.slice(0, 7);

  await endIn(apiKey, 3);
  await tellOfEnds(database);
  await waitForTold('/agent', [['service.expiring', service]]);
  const { data } = JSON.parse(sink.at('/agent')[0]?.body ?? '') as { data: { daysLeft: number } };
  assert.equal(data.daysLeft, 3);
  for (const verb of ['suspend', 'unsuspend', 'suspend']) {
    await call(agent, verb, `&apiKey=${apiKey}`);
  }
  await endIn(apiKey, -14, 14);
  await tellOfEnds(database);
  await call(agent, 'remove', `&apiKey=${apiKey}`);
  await waitForTold('/agent', [
    ['service.expiring', service],
    ['service.suspended', service],
    ['service.activated', service],
    ['service.suspended', service],
    ['service.removing', service],
    ['service.removed', service],
  ]);

  // Each hears of its own alone, under its own secret.
  await call(other, 'suspend', `&apiKey=${foreign}`);
  await waitForTold('/other', [['service.suspended', foreign.slice(0, 7)]]);
  const { secret } = await call(agent, 'webhook/secret');
  const { secret: others } = await call(other, 'webhook/secret');
  for (const { body, headers } of sink.at('/agent')) new Verifier(secret).verify(body, headers);
  const [first] = sink.at('/agent');
  assert.throws(() => new Verifier(others).verify(first?.body ?? '', first?.headers ?? {}));
});

test('the service is told as before, beside its agent', async () => {
  const agent = await makeAgent();
  const apiKey = await buy(agent, '&planId=4&cycle=1');
  await listenAt(agent, '/both/agent');
  const url = encodeURIComponent(sink.url('/both/service'));
  await world.ask(`/webhook/set/${apiKey}?url=${url}&format=versioned`);
  await call(agent, 'suspend', `&apiKey=${apiKey}`);
  const expected = [['service.suspended', apiKey.slice(0, 7)]];
  await waitForTold('/both/agent', expected);
  await waitUntil('the service’s own', () => ofServicesAt('/both/service').length === 1);
  assert.deepEqual(ofServicesAt('/both/service'), expected);
  const ids = ['/both/agent', '/both/service'].map(
    (path) => sink.at(path).find(({ body }) => body.includes('suspended'))?.headers['webhook-id'],
  );
  assert.notEqual(ids[0], ids[1]);
});

test('what the endpoint refuses stays in the log and comes again', async () => {
  const agent = await makeAgent();
  const apiKey = await buy(agent);
  sink.answer({ status: 500, body: 'not now' }, '/later');
  await listenAt(agent, '/later');
  await call(agent, 'suspend', `&apiKey=${apiKey}`);
  const log = await waitUntil('a refusal in the log', async () => {
    const found = await call(agent, 'webhook/deliveries');
    return found.data[0]?.attempts[0]?.httpStatus === 500 ? found : null;
  });
  assert.equal(log.webhook.format, 'versioned');
  assert.equal(log.data[0].attempts[0].answer, 'not now');
  assert.equal(log.data[0].state, 'pending');
  sink.answer({ status: 200 }, '/later');
  // What waits goes at once to what is set anew.
  await listenAt(agent, '/later');
  await waitUntil('it to be delivered', async () => {
    const { data } = await call(agent, 'webhook/deliveries', '&state=delivered');
    return data.length === 1;
  });
  const [first, second] = sink.at('/later').map(({ headers }) => headers['webhook-id']);
  assert.equal(first, second);
  const replayed = await call(agent, 'webhook/replay', `&id=${first}`);
  assert.equal(replayed.replayed, 1);
  await waitUntil('it to come once more', () => sink.at('/later').length === 3);
});

test('an agent is told before its own subscription ends', async () => {
  const agent = await makeAgent();
  await listenAt(agent, '/subscription');
  await database.query
    .updateTable('agents')
    .set({ subscription_ends_at: new Date(Date.now() + 7 * DAY_MS - 60_000) })
    .where(({ eb }) => eb(eb.ref('id'), '=', eb.val(agent.agentId as never)))
    .execute();
  await tellOfEnds(database);
  await tellOfEnds(database);
  await waitForTold('/subscription', [['subscription.ending', '']]);
});

test('the operator sets, sees, tests and removes it, too', async () => {
  const agent = await makeAgent();
  const at = `/admin/agents/${agent.agentId}/webhook`;
  assert.equal((await world.askAsOperator(`${at}/test`, {})).status, 409);
  const set = await world.askAsOperator(`${at}/set`, { url: sink.url('/operated') });
  assert.equal(set.status, 200, set.text);
  const tested = await world.askAsOperator(`${at}/test`, {});
  assert.equal(tested.json.delivered, true, tested.text);
  assert.deepEqual(toldAt('/operated'), [['webhook.test', '']]);
  const { webhook, count } = (await world.askAsOperator(`${at}/deliveries`)).json;
  assert.deepEqual([webhook.url, webhook.state, count], [sink.url('/operated'), 'flowing', 1]);
  assert.equal((await world.askAsOperator(`${at}/remove`, {})).status, 200);
  const removed = (await world.askAsOperator(`${at}/deliveries`)).json;
  assert.equal(removed.webhook.url, '');

  const apiKey = await buy(agent);
  await call(agent, 'suspend', `&apiKey=${apiKey}`);
  assert.equal((await call(agent, 'webhook/deliveries')).count, 1, 'nobody listens');
});

test('bad input', async () => {
  const agent = await makeAgent();
  const status = async (path: string) => (await world.ask(path)).status;
  const query = `agentKey=${agent.agentKey}`;
  assert.equal(await status(`/module/webhook/set?${query}`), 400);
  assert.equal(await status(`/module/webhook/set?${query}&url=ftp://example.com/`), 422);
  assert.equal(await status(`/module/webhook/secret?${query}`), 409);
  assert.equal(await status('/module/webhook/set?agentKey=unknown&url=https://example.com/'), 401);
  const apiKey = await buy(agent);
  assert.equal(await status(`/module/webhook/deliveries?agentKey=${apiKey}`), 401);
  assert.equal((await world.askAsOperator('/admin/agents/99999/webhook/deliveries')).status, 404);
  assert.equal(await status(`/admin/agents/${agent.agentId}/webhook/deliveries`), 401);
});
