import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { after, before, describe, test } from 'node:test';
import { serviceId } from '../../src/domain/ids.ts';
import { HttpOnly } from '../harness/http-only.ts';

/**
 * What stands at the other end of the simulator's address here: answers what it was asked. A scan
 * links the newest service, as the simulator's phone would.
 */
async function startFarEnd(http: () => HttpOnly): Promise<FastifyInstance> {
  const app = fastify();
  app.route<{ Params: { phone: string } }>({
    method: 'POST',
    url: '/simulator/phones/:phone/scan',
    async handler(request) {
      const newest = await http()
        .database.query.selectFrom('services')
        .select((columns) => columns.fn.max('id').as('id'))
        .executeTakeFirstOrThrow();
      await http().sessions.link(serviceId(newest.id), request.params.phone);
      return { linked: true };
    },
  });
  app.all('/simulator*', (request, reply) =>
    reply.code(request.method === 'POST' ? 201 : 200).send({
      method: request.method,
      url: request.url,
      authorization: request.headers.authorization,
      body: request.body ?? null,
    }),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

let http: HttpOnly;
let farEnd: FastifyInstance;

before(async () => {
  farEnd = await startFarEnd(() => http);
  const { port } = farEnd.server.address() as AddressInfo;
  http = await HttpOnly.start({
    simulatorUrl: `http://127.0.0.1:${port}`,
    simulatorToken: 'far-end-token',
    isReady: () => Promise.resolve('The database is being started.'),
  });
});
after(async () => {
  await farEnd.close();
  await http[Symbol.asyncDispose]();
});

const SERVICE = { planId: 4, cycle: 12, mode: 'test' };

describe('the admin token is asked for', () => {
  for (const [method, path] of [
    ['POST', '/admin/agents'],
    ['POST', '/admin/agents/1/credit'],
    ['POST', '/admin/services'],
    ['GET', '/admin/services'],
    ['POST', '/admin/services/x/expire'],
    ['GET', '/admin/agents'],
    ['GET', '/admin/services/x'],
    ['POST', '/admin/services/x/suspend'],
    ['POST', '/admin/services/x/unsuspend'],
    ['POST', '/admin/services/x/remove'],
    ['POST', '/admin/services/x/renew'],
    ['GET', '/simulator/stats'],
    ['POST', '/simulator/phones'],
    ['DELETE', '/simulator'],
  ] as const) {
    test(`${method} ${path}`, async () => {
      for (const authorization of ['', 'Bearer wrong', `Basic ${http.adminToken}`, 'Bearer ']) {
        const answer = await http.ask(path, { method, headers: { authorization } });
        assert.equal(answer.status, 401, answer.text);
        assert.equal((answer.json as { code: string }).code, 'invalid_admin_token');
      }
    });
  }
});

describe('agents and credit', () => {
  test('an agent is made with its wallet, and topped up', async () => {
    const made = await http.operate('/admin/agents', { name: 'Reseller', credit: '100.00' });
    assert.equal(made.status, 201);
    const { agentId } = made.json as { agentId: number };
    assert.deepEqual(Object.keys(made.json as object), ['agentId', 'agentKey']);
    const path = `/admin/agents/${agentId}/credit`;
    assert.deepEqual((await http.operate(path, { amount: '50.00' })).json, { credit: '150.00' });
    const once = { amount: 7.5, idempotencyKey: 'a' };
    assert.deepEqual((await http.operate(path, once)).json, { credit: '157.50' });
    assert.deepEqual((await http.operate(path, once)).json, { credit: '157.50' });
    const conflict = await http.operate(path, { ...once, amount: '7.51' });
    assert.equal(conflict.status, 409);
  });

  for (const [path, body, status] of [
    ['/admin/agents', { credit: '1.00' }, 400],
    ['/admin/agents', { name: 'x', credit: '-1' }, 400],
    ['/admin/agents', { name: 'x', credit: '1.001' }, 400],
    ['/admin/agents', { name: 'x', mode: 'both' }, 400],
    ['/admin/agents/999999/credit', { amount: '1.00' }, 404],
    ['/admin/agents/x/credit', { amount: '1.00' }, 404],
    ['/admin/agents/1/credit', {}, 400],
  ] as const) {
    test(`${path} refuses ${JSON.stringify(body)}`, async () => {
      assert.equal((await http.operate(path, body)).status, status);
    });
  }
});

describe('services', () => {
  test('a service is made and listed', async () => {
    const made = await http.operate('/admin/services', SERVICE);
    assert.equal(made.status, 201);
    const { apiKey } = made.json as { apiKey: string };
    assert.equal(made.text, `{"apiKey":"${apiKey}","mode":"test"}`);
    await http.post(`/sendMsg/${apiKey}`, { phonenumber: '447400733413', message: 'x' });
    const list = (await http.operate('/admin/services')).json as Record<string, unknown>[];
    const { expiresAt, ...listed } = list.at(-1) ?? {};
    assert.deepEqual(listed, {
      apiKey,
      mode: 'test',
      state: 'active',
      planId: 4,
      plan: 'Premium',
      number: '',
      connection: 'disconnected',
      connectionStatus: 'Not connected to WhatsApp',
      connectionDetail: '',
      retryAt: null,
      health: null,
      lastHeardAt: null,
      answerMs: null,
      queueDepth: 1,
      agentId: null,
    });
    const inDays = (Date.parse(String(expiresAt)) - Date.now()) / 86_400_000;
    assert.ok(inDays > 364 && inDays < 367);
  });

  test('with "link" it comes back linked', async () => {
    const made = await http.operate('/admin/services', { ...SERVICE, link: '447400000001' });
    assert.equal(made.status, 201);
    const { apiKey } = made.json as { apiKey: string };
    const { json } = await http.ask(`/serviceSettings/${apiKey}`);
    assert.equal((json as Record<string, string>)['whatsAppNumber'], '447400000001');
  });

  for (const body of [
    { ...SERVICE, mode: 'live', link: '447400000001' },
    { ...SERVICE, link: 'x' },
    { ...SERVICE, mode: 'both' },
    { ...SERVICE, cycle: 2 },
    { ...SERVICE, planId: 9 },
    { mode: 'test' },
  ]) {
    test(`refuses ${JSON.stringify(body)}`, async () => {
      const before = (await http.operate('/admin/services')).text;
      assert.equal((await http.operate('/admin/services', body)).status, 400);
      assert.equal((await http.operate('/admin/services')).text, before);
    });
  }

  test('an expired service is refused everywhere, at once, and queues nothing', async () => {
    const made = await http.operate('/admin/services', SERVICE);
    const { apiKey } = made.json as { apiKey: string };
    const message = { phonenumber: '447400733413', message: 'x' };
    assert.equal((await http.post(`/sendMsg/${apiKey}`, message)).status, 200);
    const before = await http.countMessages();
    const expired = await http.operate(`/admin/services/${apiKey}/expire`, {});
    assert.equal(expired.status, 200);
    for (const [path, key] of [
      [`/sendMsg/${apiKey}?phonenumber=447400733413&message=x`, 'success'],
      [`/getStatus/${apiKey}?id=1`, 'status'],
      [`/sentMessages/${apiKey}`, 'success'],
      [`/receivedMessages/${apiKey}`, 'success'],
      [`/serviceSettings/${apiKey}`, 'status'],
      [`/isRegistered/${apiKey}?phonenumber=447400733413`, 'success'],
      [`/module/qrCode?apiKey=${apiKey}`, 'status'],
      [`/module/loginWithCode/${apiKey}?phoneNumber=447400733413`, 'status'],
    ]) {
      const answer = await http.ask(path ?? '');
      assert.equal(answer.status, 403, path);
      assert.deepEqual(Object.keys(answer.json as object), [key, 'message', 'code']);
      assert.equal((answer.json as { code: string }).code, 'service_suspended');
    }
    assert.equal(await http.countMessages(), before);
  });

  test('only a test service can be made to expire', async () => {
    const { apiKey } = await http.openService();
    assert.equal((await http.operate(`/admin/services/${apiKey}/expire`, {})).status, 409);
    assert.equal((await http.operate('/admin/services/x/expire', {})).status, 404);
  });
});

/** What an agent is listed as. */
async function listedAgent(agentId: number): Promise<Record<string, unknown>> {
  const agents = (await http.operate('/admin/agents')).json as Record<string, unknown>[];
  return agents.find((agent) => agent['agentId'] === agentId) ?? {};
}

async function operate(path: string, body: unknown = {}) {
  const { status, json } = await http.operate(`/admin/services/${path}`, body);
  return { status, json: json as Record<string, unknown> };
}

describe('what the operator does with a service', () => {
  test('an agent’s wallet pays for a renewal, once under a key', async () => {
    const made = await http.operate('/admin/agents', { name: 'Shop', credit: '40.00' });
    const { agentId, agentKey } = made.json as { agentId: number; agentKey: string };
    const bought = await http.post('/module/create', { agentKey, planId: 2, cycle: 1 });
    const { apiKey } = bought.json as { apiKey: string };
    const before = (await http.operate(`/admin/services/${apiKey}`)).json as { expiresAt: string };
    const once = { cycle: 3, idempotencyKey: 'invoice 7' };
    const first = await operate(`${apiKey}/renew`, once);
    assert.equal(first.status, 200);
    assert.deepEqual((await operate(`${apiKey}/renew`, once)).json, first.json);
    const months = Date.parse(String(first.json['expiresAt'])) - Date.parse(before.expiresAt);
    assert.ok(months > 88 * 86_400_000 && months < 93 * 86_400_000);
    const { createdAt, keyPrefix, ...agent } = await listedAgent(agentId);
    assert.deepEqual(agent, {
      agentId,
      name: 'Shop',
      mode: 'live',
      credit: '20.00',
      currency: 'EUR',
      subscriptionEndsAt: null,
      serviceCount: 1,
    });
    assert.equal(keyPrefix, agentKey.slice(0, 7));
    assert.ok(Date.parse(String(createdAt)) > 0);
    assert.equal((await operate(`${apiKey}/renew`, { cycle: 6 })).status, 402);
    assert.equal((await operate(`${apiKey}/renew`, { cycle: 5 })).status, 400);
    assert.deepEqual((await http.operate(`/admin/services/${apiKey}`)).json, first.json);
  });

  test('its own costs nothing and is suspended, brought back and removed', async () => {
    const { apiKey } = await http.openService();
    const { json } = await operate(`${apiKey}/renew`, { cycle: 1 });
    assert.equal(json['state'], 'active');
    assert.equal((await operate(`${apiKey}/suspend`)).json['state'], 'suspended');
    assert.equal((await http.ask(`/serviceSettings/${apiKey}`)).status, 403);
    assert.equal((await operate(`${apiKey}/unsuspend`)).json['state'], 'active');
    assert.equal((await http.ask(`/serviceSettings/${apiKey}`)).status, 200);
    assert.equal((await operate(`${apiKey}/remove`)).json['state'], 'removed');
    for (const verb of ['suspend', 'unsuspend', 'remove', 'renew']) {
      assert.equal((await operate(`${apiKey}/${verb}`, { cycle: 1 })).status, 404, verb);
    }
    assert.equal((await http.operate(`/admin/services/${apiKey}`)).status, 404);
  });
});

describe('the simulator on this port', () => {
  test('requests go through with the simulator’s own token', async () => {
    const got = await http.operate('/simulator/phones/447400000001/messages?x=1');
    assert.equal(got.status, 200);
    assert.deepEqual(got.json, {
      method: 'GET',
      url: '/simulator/phones/447400000001/messages?x=1',
      authorization: 'Bearer far-end-token',
      body: null,
    });
    const posted = await http.operate('/simulator/faults', { kind: 'swallow-ack', count: 2 });
    assert.equal(posted.status, 201);
    assert.deepEqual((posted.json as { body: unknown }).body, { kind: 'swallow-ack', count: 2 });
  });
});

describe('without a simulator', () => {
  test('its address and test services answer 404', async () => {
    await using live = await HttpOnly.start();
    for (const answer of [
      await live.operate('/simulator/stats'),
      await live.operate('/simulator/phones', { phone: '447400000001' }),
      await live.operate('/admin/services', SERVICE),
    ]) {
      assert.equal(answer.status, 404);
      assert.equal((answer.json as { code: string }).code, 'test_mode_off');
    }
  });
});

describe('health', () => {
  test('live, ready with the reason, hello', async () => {
    assert.equal((await http.ask('/health/live')).status, 200);
    const ready = await http.ask('/health/ready');
    assert.equal(ready.status, 503);
    assert.equal(ready.headers.get('retry-after'), '2');
    assert.match(ready.text, /The database is being started\./);
    await using other = await HttpOnly.start();
    assert.equal((await other.ask('/health/ready')).status, 200);
    assert.match((await other.ask('/')).text, /Tickwire/);
  });

  test('metrics: on loopback or with the token, but not through a proxy', async () => {
    const forwarded = { 'x-forwarded-for': '203.0.113.9' };
    assert.equal((await http.ask('/metrics')).status, 200);
    assert.equal((await http.ask('/metrics', { headers: forwarded })).status, 401);
    const authorization = `Bearer ${http.adminToken}`;
    const known = await http.ask('/metrics', { headers: { ...forwarded, authorization } });
    assert.equal(known.status, 200);
  });
});

test('a removal by the clock is undone for a day, one by hand never', async () => {
  const { apiKey, id } = await http.openService();
  const restore = () => http.operate(`/admin/services/${apiKey}/restore`, {});
  assert.equal((await restore()).status, 409);
  await http.database.pool.query(
    `UPDATE services SET state = 'removed', removed_at = now(), purge_at = now() + interval '1 hour',
       expires_at = now() - interval '21 days', suspended_at = now() - interval '21 days'
     WHERE id = $1`,
    [id],
  );
  const restored = await restore();
  assert.equal(restored.status, 200, restored.text);
  assert.equal((restored.json as { state: string }).state, 'suspended');
  assert.equal((await http.ask(`/serviceSettings/${apiKey}`)).status, 403);
  const renewed = await http.operate(`/admin/services/${apiKey}/renew`, { cycle: 1 });
  assert.equal(renewed.status, 200, renewed.text);
  assert.equal((await http.ask(`/serviceSettings/${apiKey}`)).status, 200);
  assert.equal((await http.operate(`/admin/services/${apiKey}/remove`, {})).status, 200);
  assert.equal((await restore()).status, 404);
});
