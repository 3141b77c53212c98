import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HttpOnly, type HttpAnswer } from '../harness/http-only.ts';
import { buyService, makeAgent } from '../harness/test-agent.ts';

let http: HttpOnly;

before(async () => {
  http = await HttpOnly.start();
});
after(() => http[Symbol.asyncDispose]());

const PREMIUM = '&planId=4&cycle=1';

const statusOf = async (path: string): Promise<number> => (await http.ask(path)).status;
const settings = (apiKey: string): Promise<number> => statusOf(`/serviceSettings/${apiKey}`);
const balance = (key: string): Promise<number> =>
  statusOf(`/module/getWalletBalance?agentKey=${key}`);

const endOverlaps = () => http.database.pool.query(`UPDATE replaced_keys SET until = now()`);

async function operate(apiKey: string, body: object): Promise<string> {
  const answer = await http.operate(`/admin/services/${apiKey}/rotate-key`, body);
  return (answer.json as { apiKey: string }).apiKey;
}

async function rotate(path: string, body: object): Promise<HttpAnswer> {
  const answer = await http.post(path, body);
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

test('a service’s old key works beside the new one, for a while', async () => {
  const agent = await makeAgent(http, '50.00');
  const old = await buyService(http, agent, `${PREMIUM}&idempotencyKey=one`);
  const answer = await rotate('/module/rotateKey', { agentKey: agent.agentKey, apiKey: old });
  const { apiKey, oldKeyUntil } = answer.json as { apiKey: string; oldKeyUntil: string };
  assert.notEqual(apiKey, old);
  const hours = (Date.parse(oldKeyUntil) - Date.now()) / 3_600_000;
  assert.ok(hours > 23.9 && hours < 24.1);
  assert.deepEqual([await settings(old), await settings(apiKey)], [200, 200]);
  const list = await http.ask(`/module/showAllService?agentKey=${agent.agentKey}`);
  assert.ok(list.text.includes(apiKey) && !list.text.includes(old));
  assert.equal(
    await buyService(http, agent, `${PREMIUM}&idempotencyKey=one`),
    apiKey,
    'the order is that service',
  );

  // Whatever key it is changed by, it is seen at once by the other.
  const query = `agentKey=${agent.agentKey}&apiKey=${apiKey}`;
  assert.equal(await statusOf(`/module/suspend?${query}`), 200);
  assert.deepEqual([await settings(old), await settings(apiKey)], [403, 403]);
  assert.equal(await statusOf(`/module/unsuspend?${query}`), 200);

  await endOverlaps();
  await http.ask(`/module/unsuspend?${query}`);
  assert.deepEqual([await settings(old), await settings(apiKey)], [401, 200]);
});

test('without an overlap the old keys are dead at once, all of them', async () => {
  const agent = await makeAgent(http, '50.00');
  const first = await buyService(http, agent, PREMIUM);
  const second = await operate(first, {});
  assert.equal(await settings(first), 200);
  const third = await operate(second, { overlapHours: 0 });
  const statuses = await Promise.all([first, second, third].map(settings));
  assert.deepEqual(statuses, [401, 401, 200]);
});

test('an agent’s old key works for a while, but makes no new keys', async () => {
  const agent = await makeAgent(http, '50.00');
  const answer = await rotate('/module/rotateAgentKey', { agentKey: agent.agentKey });
  const { agentKey } = answer.json as { agentKey: string };
  assert.deepEqual([await balance(agent.agentKey), await balance(agentKey)], [200, 200]);
  const again = await http.post('/module/rotateAgentKey', { agentKey: agent.agentKey });
  assert.equal(again.status, 409);
  await endOverlaps();
  assert.deepEqual([await balance(agent.agentKey), await balance(agentKey)], [401, 200]);
  const operated = await http.operate(`/admin/agents/${agent.agentId}/rotate-key`, {
    overlapHours: 0,
  });
  const newest = (operated.json as { agentKey: string }).agentKey;
  assert.deepEqual([await balance(agentKey), await balance(newest)], [401, 200]);
});

test('not another agent’s service, not by GET, not for ever', async () => {
  const [agent, other] = [await makeAgent(http, '50.00'), await makeAgent(http, '50.00')];
  const apiKey = await buyService(http, agent, PREMIUM);
  const foreign = await http.post('/module/rotateKey', { agentKey: other.agentKey, apiKey });
  assert.equal(foreign.status, 404);
  const query = `agentKey=${agent.agentKey}&apiKey=${apiKey}`;
  assert.equal(await statusOf(`/module/rotateKey?${query}`), 405);
  for (const overlapHours of [-1, 721, 'x']) {
    const wrong = await http.post('/module/rotateKey', {
      agentKey: agent.agentKey,
      apiKey,
      overlapHours,
    });
    assert.equal(wrong.status, 400);
  }
  assert.equal((await http.operate('/admin/agents/99999/rotate-key', {})).status, 404);
  assert.equal(await settings(apiKey), 200);
});
