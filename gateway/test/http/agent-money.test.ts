import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readCatalogue } from '../../src/domain/catalogue.ts';
import { HttpOnly, type HttpAnswer } from '../harness/http-only.ts';
import { buyService, makeAgent, type TestAgent } from '../harness/test-agent.ts';

let http: HttpOnly;

before(async () => {
  http = await HttpOnly.start();
});
after(() => http[Symbol.asyncDispose]());

interface Entry {
  readonly transactionId: number;
  readonly kind: string;
  readonly service: string;
  readonly amount: string;
  readonly balance: string;
  readonly months: number | null;
  readonly reverses: number | null;
}

const partner = (method: string, { agentKey }: TestAgent, more = ''): Promise<HttpAnswer> =>
  http.ask(`/module/${method}?agentKey=${agentKey}${more}`);

async function entriesOf(agent: TestAgent, more = ''): Promise<Entry[]> {
  const answer = await partner('statement', agent, more);
  assert.equal(answer.status, 200, answer.text);
  return (answer.json as { entries: Entry[] }).entries;
}

const reverse = ({ agentId }: TestAgent, transactionId: number): Promise<HttpAnswer> =>
  http.operate(`/admin/agents/${agentId}/reversals`, { transactionId, note: 'by mistake' });

const codeOf = ({ json }: HttpAnswer): string => (json as { code: string }).code;

describe('statement', () => {
  test('every entry with the balance after it, as JSON and as CSV, for agent and operator', async () => {
    const agent = await makeAgent(http, '100.00');
    const apiKey = await buyService(http, agent);
    await partner('renew', agent, `&apiKey=${apiKey}&cycle=3`);
    const entries = await entriesOf(agent);
    assert.deepEqual(
      entries.map(({ kind, service, months, amount, balance }) => [
        kind,
        service,
        months,
        amount,
        balance,
      ]),
      [
        ['top-up', '', null, '100.00', '100.00'],
        ['create', apiKey.slice(0, 7), 1, '-5.00', '95.00'],
        ['renew', apiKey.slice(0, 7), 3, '-15.00', '80.00'],
      ],
    );
    const operator = await http.operate(`/admin/agents/${agent.agentId}/statement`);
    assert.deepEqual((operator.json as { entries: Entry[] }).entries, entries);
    const csv = await partner('statement', agent, '&format=csv');
    assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8');
    const lines = csv.text.trimEnd().split('\r\n');
    assert.equal(lines.length, 4);
    assert.match(lines[2] ?? '', /^2,\d+,[^,]+,create,\w{7},1,,,-5\.00,95\.00,EUR$/);
    assert.ok(!csv.text.includes(apiKey));
  });

  test('a range of days, the last one included; nothing of anybody else', async () => {
    const [agent] = [await makeAgent(http, '1.00'), await makeAgent(http, '2.00')];
    const today = new Date().toISOString().slice(0, 10);
    assert.equal((await entriesOf(agent, `&from=${today}&until=${today}`)).length, 1);
    assert.equal((await entriesOf(agent, '&until=2020-01-01')).length, 0);
    assert.equal((await entriesOf(agent, '&from=2099-01-01')).length, 0);
    for (const wrong of ['from=yesterday', 'until=2026-13-01', 'format=xml', 'after=x']) {
      const answer = await partner('statement', agent, `&${wrong}`);
      assert.deepEqual([answer.status, codeOf(answer)], [400, 'invalid_parameter'], wrong);
    }
    assert.equal((await http.ask('/module/statement?agentKey=x')).status, 401);
    assert.equal((await http.operate('/admin/agents/999999/statement')).status, 404);
  });
});

describe('reversals', () => {
  test('the money comes back, the time goes, once', async () => {
    const agent = await makeAgent(http, '100.00');
    const apiKey = await buyService(http, agent);
    const expire = async (): Promise<string> => {
      const { json } = await partner('showAllService', agent);
      return (json as { services: { expire: string }[] }).services[0]?.expire ?? '';
    };
    const before = await expire();
    await partner('renew', agent, `&apiKey=${apiKey}&cycle=12`);
    assert.notEqual(await expire(), before);
    const renewal = (await entriesOf(agent)).at(-1);
    const answers = await Promise.all(
      [1, 2, 3].map(() => reverse(agent, renewal?.transactionId ?? 0)),
    );
    for (const answer of answers) {
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.json, { transactionId: renewal?.transactionId, credit: '95.00' });
    }
    const replays = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
    assert.equal(replays.length, 2);
    assert.equal(await expire(), before);
    const last = (await entriesOf(agent)).at(-1);
    assert.deepEqual(
      [last?.kind, last?.amount, last?.months, last?.reverses],
      ['reversal', '60.00', -12, renewal?.transactionId],
    );
    // What was taken back can be bought again at once: it is not the same renewal any more.
    await partner('renew', agent, `&apiKey=${apiKey}&cycle=12`);
    assert.notEqual(await expire(), before);
  });

  test('a service whose only months are taken back is suspended', async () => {
    const agent = await makeAgent(http, '5.00');
    const apiKey = await buyService(http, agent);
    const bought = (await entriesOf(agent)).at(-1);
    assert.equal((await reverse(agent, bought?.transactionId ?? 0)).status, 200);
    const refused = await http.ask(`/serviceSettings/${apiKey}`);
    assert.deepEqual([refused.status, codeOf(refused)], [403, 'service_suspended']);
  });

  test('not of another agent’s, not of a reversal, not of money that is spent', async () => {
    const [agent, other] = [await makeAgent(http, '5.00'), await makeAgent(http, '5.00')];
    await buyService(http, agent);
    const [topUp, bought] = await entriesOf(agent);
    const spent = await reverse(agent, topUp?.transactionId ?? 0);
    assert.deepEqual([spent.status, codeOf(spent)], [402, 'insufficient_credit']);
    const foreign = await reverse(other, bought?.transactionId ?? 0);
    assert.deepEqual([foreign.status, codeOf(foreign)], [404, 'transaction_not_found']);
    await reverse(agent, bought?.transactionId ?? 0);
    const reversal = (await entriesOf(agent)).at(-1);
    const again = await reverse(agent, reversal?.transactionId ?? 0);
    assert.deepEqual([again.status, codeOf(again)], [409, 'wrong_state']);
    assert.equal((await entriesOf(agent)).length, 3);
  });
});

describe('a repeated key answers the same', () => {
  test('create and top-up say so', async () => {
    const agent = await makeAgent(http, '100.00');
    const order = '&planId=2&cycle=1&idempotencyKey=one';
    const [first, second] = [
      await partner('create', agent, order),
      await partner('create', agent, order),
    ];
    assert.equal(second.text, first.text);
    assert.equal(first.headers.get('idempotent-replayed'), null);
    assert.equal(second.headers.get('idempotent-replayed'), 'true');
    const path = `/admin/agents/${agent.agentId}/credit`;
    const named = { amount: '50.00', idempotencyKey: 'one' };
    assert.deepEqual((await http.operate(path, named)).json, { credit: '145.00' });
    await buyService(http, agent);
    const replay = await http.operate(path, named);
    assert.deepEqual(replay.json, { credit: '145.00' });
    assert.equal(replay.headers.get('idempotent-replayed'), 'true');
  });
});

describe('the list of agents', () => {
  test('shows credit and services, and of the key its first letters only', async () => {
    const agent = await makeAgent(http, '20.00');
    await buyService(http, agent);
    const { json, text } = await http.operate('/admin/agents');
    const listed = (json as (TestAgent & Record<string, unknown>)[]).find(
      ({ agentId }) => agentId === agent.agentId,
    );
    assert.equal(listed?.['credit'], '15.00');
    assert.equal(listed?.['serviceCount'], 1);
    assert.equal(listed?.['keyPrefix'], agent.agentKey.slice(0, 7));
    assert.ok(!text.includes(agent.agentKey));
    assert.equal((await http.ask('/admin/agents')).status, 401);
  });
});

describe('a catalogue of one’s own', () => {
  let documented: HttpOnly;
  before(async () => {
    documented = http;
    const catalogue = readCatalogue({
      currency: 'USD',
      plans: [
        { id: 7, name: 'Small', level: 1, webhooks: false, pricePerMonth: '3.00' },
        { id: 8, name: 'Large', level: 3, webhooks: true, pricePerMonth: '9.50' },
      ],
      agentSubscription: { pricePerMonth: '10.00' },
    });
    http = await HttpOnly.start({ catalogue });
  });
  after(async () => {
    await http[Symbol.asyncDispose]();
    http = documented;
  });

  test('its plans and prices are sold', async () => {
    const agent = await makeAgent(http, '100.00', { needsSubscription: 'off' });
    const apiKey = await buyService(http, agent, '&planId=8&cycle=3');
    await partner('renew', agent, `&apiKey=${apiKey}&cycle=1`);
    const amounts = (await entriesOf(agent)).map(({ amount }) => amount);
    assert.deepEqual(amounts, ['100.00', '-28.50', '-9.50']);
    const { json } = await http.ask(`/serviceSettings/${apiKey}`);
    assert.equal((json as { level: string }).level, '3');
    const unknown = await partner('create', agent, '&planId=4&cycle=1');
    assert.equal(
      (unknown.json as { message: string }).message,
      'The planId must be 7 (Small) or 8 (Large).',
    );
  });

  test('without a subscription nothing is bought; what there is goes on', async () => {
    const agent = await makeAgent(http, '200.00');
    const refused = await partner('create', agent, '&planId=7&cycle=1&idempotencyKey=a');
    assert.deepEqual([refused.status, codeOf(refused)], [403, 'subscription_ended']);
    assert.equal((await entriesOf(agent)).length, 1);

    const path = `/admin/agents/${agent.agentId}/subscription`;
    const sold = await http.operate(path, { cycle: 3, idempotencyKey: 'first' });
    assert.equal(sold.status, 200, sold.text);
    const replay = await http.operate(path, { cycle: 3, idempotencyKey: 'first' });
    assert.deepEqual(replay.json, sold.json);
    assert.equal(replay.headers.get('idempotent-replayed'), 'true');
    assert.equal((await entriesOf(agent)).at(-1)?.balance, '173.30');
    const order = '&planId=7&cycle=1&idempotencyKey=a';
    const apiKey = await buyService(http, agent, order);

    await http.database.query
      .updateTable('agents')
      .set({ subscription_ends_at: new Date(Date.now() - 1000) })
      .where(({ eb }) => eb(eb.ref('id'), '=', eb.val(agent.agentId as never)))
      .execute();
    const renewal = await partner('renew', agent, `&apiKey=${apiKey}&cycle=1`);
    assert.deepEqual([renewal.status, codeOf(renewal)], [403, 'subscription_ended']);
    assert.equal((await partner('create', agent, '&planId=7&cycle=1')).status, 403);
    assert.equal(await buyService(http, agent, order), apiKey, 'what was bought is answered again');
    assert.equal((await http.ask(`/serviceSettings/${apiKey}`)).status, 200);
    assert.equal((await partner('suspend', agent, `&apiKey=${apiKey}`)).status, 200);
    assert.equal((await entriesOf(agent)).at(-1)?.balance, '170.30');
  });

  test('a subscription paid outside is on the statement, and can be taken back', async () => {
    const agent = await makeAgent(http, '0');
    const path = `/admin/agents/${agent.agentId}/subscription`;
    assert.equal((await http.operate(path, { cycle: 1 })).status, 402);
    const sold = await http.operate(path, { cycle: 12, paidOutside: 'on' });
    assert.equal(sold.status, 200, sold.text);
    const entries = await entriesOf(agent);
    assert.deepEqual(
      entries.map(({ kind, amount, balance }) => [kind, amount, balance]),
      [
        ['top-up', '96.00', '96.00'],
        ['subscription', '-96.00', '0.00'],
      ],
    );
    await reverse(agent, entries[1]?.transactionId ?? 0);
    const refused = await partner('create', agent, '&planId=7&cycle=1');
    assert.equal(refused.status, 403);
  });
});

test('the documented catalogue has no subscription to sell, and needs none', async () => {
  const agent = await makeAgent(http, '10.00');
  const answer = await http.operate(`/admin/agents/${agent.agentId}/subscription`, { cycle: 1 });
  assert.deepEqual([answer.status, codeOf(answer)], [409, 'wrong_state']);
  await buyService(http, agent);
});
