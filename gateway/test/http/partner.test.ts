import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EXAMPLE_QR } from '../harness/held-sessions.ts';
import { HttpOnly } from '../harness/http-only.ts';
import { buyService, makeAgent, type TestAgent } from '../harness/test-agent.ts';

const API_KEY = /^[a-z0-9]{7}(-[a-z0-9]{7}){4}$/;

let http: HttpOnly;

before(async () => {
  http = await HttpOnly.start();
});
after(() => http[Symbol.asyncDispose]());

/** The agent's credit: what adding nothing answers would be refused, so it is read from the ledger. */
async function creditOf({ agentId }: TestAgent): Promise<number> {
  const row = await http.database.query
    .selectFrom('ledger_accounts')
    .select('balance_cents')
    .where(({ eb }) => eb(eb.ref('agent_id'), '=', eb.val(agentId as never)))
    .executeTakeFirstOrThrow();
  return row.balance_cents;
}

async function countServices(): Promise<number> {
  const { count } = await http.database.query
    .selectFrom('services')
    .select((columns) => columns.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

describe('create', () => {
  test('charges the months, opens the service and connects it', async () => {
    const agent = await makeAgent(http, '100.00');
    const answer = await http.ask(`/module/create?agentKey=${agent.agentKey}&planId=3&cycle=12&`);
    const { apiKey } = answer.json as { apiKey: string };
    assert.match(apiKey, API_KEY);
    assert.equal(
      answer.text,
      `{"status":"true","message":"The service was created successfully","apiKey":"${apiKey}"}`,
    );
    assert.equal(await creditOf(agent), 4000);
    const { json } = await http.ask(`/serviceSettings/${apiKey}`);
    assert.equal((json as Record<string, string>)['level'], '2');
    assert.equal((json as Record<string, string>)['whatsAppReceiveMessage'], 'Disable');
    assert.match(http.sessions.asked.at(-1) ?? '', /^connect \d+$/);
  });

  test('by POST, the key in the body', async () => {
    const agent = await makeAgent(http, '5.00');
    const body = new URLSearchParams({ agentKey: agent.agentKey, planId: '4', cycle: '1' });
    const answer = await http.ask('/module/create', { method: 'POST', body });
    assert.equal(answer.status, 200);
    assert.equal(await creditOf(agent), 0);
  });

  test('a wallet that is short: 402 and nothing is created', async () => {
    const agent = await makeAgent(http, '4.99');
    const before = await countServices();
    const answer = await http.ask(`/module/create?agentKey=${agent.agentKey}&planId=2&cycle=1`);
    assert.equal(answer.status, 402);
    assert.deepEqual(answer.json, {
      status: 'false',
      message: 'The credit in the wallet is not enough.',
      code: 'insufficient_credit',
    });
    assert.equal(await creditOf(agent), 499);
    assert.equal(await countServices(), before);
  });

  test('ten at once with money for five: five', async () => {
    const agent = await makeAgent(http, '25.00');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        http.ask(`/module/create?agentKey=${agent.agentKey}&planId=2&cycle=1`),
      ),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [...Array<number>(5).fill(200), ...Array<number>(5).fill(402)]);
    assert.equal(await creditOf(agent), 0);
  });

  test('the same idempotency key buys once and answers the same, also at once', async () => {
    const agent = await makeAgent(http, '100.00');
    const keys = await Promise.all(
      [1, 2, 3].map(() => buyService(http, agent, '&planId=2&cycle=1&idempotencyKey=order-1')),
    );
    assert.equal(new Set(keys).size, 1);
    assert.equal(await creditOf(agent), 9500);
    assert.equal((await http.ask(`/serviceSettings/${keys[0]}`)).status, 200);
    const header = await http.ask(`/module/create?agentKey=${agent.agentKey}&planId=2&cycle=3`, {
      headers: { 'idempotency-key': 'order-1' },
    });
    assert.equal(header.status, 409);
    assert.equal((header.json as { code: string }).code, 'idempotency_conflict');
    const other = await makeAgent(http, '100.00');
    assert.notEqual(
      await buyService(http, other, '&planId=2&cycle=1&idempotencyKey=order-1'),
      keys[0],
    );
    assert.equal(await creditOf(agent), 9500);
  });

  for (const [query, status, code] of [
    ['planId=2&cycle=1', 401, 'invalid_agent_key'],
    ['agentKey=x&planId=2&cycle=1', 401, 'invalid_agent_key'],
    ['agentKey=KEY&cycle=1', 400, 'missing_parameter'],
    ['agentKey=KEY&planId=2', 400, 'missing_parameter'],
    ['agentKey=KEY&planId=1&cycle=1', 400, 'invalid_parameter'],
    ['agentKey=KEY&planId=x&cycle=1', 400, 'invalid_parameter'],
    ['agentKey=KEY&planId=2&cycle=2', 400, 'invalid_parameter'],
  ] as const) {
    test(`refuses ${query}`, async () => {
      const agent = await makeAgent(http, '100.00');
      const answer = await http.ask(`/module/create?${query.replace('KEY', agent.agentKey)}`);
      assert.equal(answer.status, status);
      assert.equal((answer.json as { status: string }).status, 'false');
      assert.equal((answer.json as { code: string }).code, code);
      assert.ok(!answer.text.includes(agent.agentKey));
      assert.equal(await creditOf(agent), 10_000);
    });
  }

  test('HEAD and prefetching buy nothing', async () => {
    const agent = await makeAgent(http, '100.00');
    const path = `/module/create?agentKey=${agent.agentKey}&planId=2&cycle=1`;
    assert.equal((await http.ask(path, { method: 'HEAD' })).status, 405);
    const prefetch = await http.ask(path, { headers: { 'x-purpose': 'preview' } });
    assert.equal(prefetch.status, 403);
    assert.equal(await creditOf(agent), 10_000);
  });

  test('an API key is no agent key, and the other way round', async () => {
    const agent = await makeAgent(http, '100.00');
    const { apiKey } = await http.openService();
    const created = await http.ask(`/module/create?agentKey=${apiKey}&planId=2&cycle=1`);
    assert.equal(created.status, 401);
    const sent = await http.ask(`/sendMsg/${agent.agentKey}?phonenumber=447400733413&message=x`);
    assert.equal(sent.status, 401);
  });
});

describe('qrCode', () => {
  test('the string, as PNG, as SVG; by query and by path', async () => {
    const { apiKey } = await http.openService();
    const raw = await http.ask(`/module/qrCode?apiKey=${apiKey}`);
    assert.equal(
      raw.text,
      JSON.stringify({
        status: 'true',
        apiKey,
        qrCode: EXAMPLE_QR,
        whatsAppStatus: 'Not connected',
        message: 'The qr code was generated',
      }),
    );
    const png = await fetch(`${http.url}/module/qrCode/${apiKey}?format=png`);
    assert.equal(png.headers.get('content-type'), 'image/png');
    const bytes = Buffer.from(await png.arrayBuffer());
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
    const svg = await http.ask(`/module/qrCode?apiKey=${apiKey}&format=svg`);
    assert.equal(svg.headers.get('content-type'), 'image/svg+xml');
    assert.match(svg.text, /^<svg /);
  });

  test('when connected there is none', async () => {
    const { apiKey, id } = await http.openService();
    await http.sessions.link(id, '447400000001');
    const { json } = await http.ask(`/module/qrCode?apiKey=${apiKey}`);
    assert.equal((json as { whatsAppStatus: string }).whatsAppStatus, 'Connected');
    assert.equal((json as { qrCode: string }).qrCode, '');
    const png = await http.ask(`/module/qrCode?apiKey=${apiKey}&format=png`);
    assert.equal(png.status, 409);
  });

  test('refuses an unknown key, no key, an unknown format', async () => {
    const { apiKey } = await http.openService();
    assert.equal((await http.ask('/module/qrCode')).status, 401);
    assert.equal((await http.ask('/module/qrCode?apiKey=x')).status, 401);
    assert.equal((await http.ask(`/module/qrCode?apiKey=${apiKey}&format=gif`)).status, 400);
  });
});

test('loginWithCode: a pairing code for the number', async () => {
  const { apiKey, id } = await http.openService();
  const path = `/module/loginWithCode/${apiKey}`;
  const answer = await http.ask(`${path}?phoneNumber=44740073341`);
  assert.equal(
    answer.text,
    `{"status":"true","message":"Success","pairCode":"D2Z8-9ZRY","apiKey":"${apiKey}"}`,
  );
  assert.equal(http.sessions.asked.at(-1), `pair ${id} with 44740073341`);
  assert.equal((await http.ask(`${path}?phonenumber=44740073341`)).status, 200);
  assert.equal((await http.ask(path)).status, 400);
  assert.equal((await http.ask(`${path}?phoneNumber=x`)).status, 400);
  await http.sessions.link(id, '447400000001');
  const linked = await http.ask(`${path}?phoneNumber=44740073341`);
  assert.equal(linked.status, 409);
  assert.equal((linked.json as { status: string }).status, 'false');
});

describe('connect and disconnect', () => {
  test('tell the sessions', async () => {
    const agent = await makeAgent(http, '5.00');
    const apiKey = await buyService(http, agent);
    const id = /\d+$/.exec(http.sessions.asked.at(-1) ?? '')?.[0];
    const query = `?agentKey=${agent.agentKey}&apiKey=${apiKey}`;
    const disconnected = await http.ask(`/module/disconnect/${query}`);
    assert.equal(
      disconnected.text,
      `{"status":"true","message":"The service was disconnect successfully","apiKey":"${apiKey}"}`,
    );
    assert.equal(http.sessions.asked.at(-1), `disconnect ${id}`);
    const connected = await http.post('/module/connect', { agentKey: agent.agentKey, apiKey });
    assert.equal(
      connected.text,
      `{"status":"true","message":"The service was connect successfully","apiKey":"${apiKey}"}`,
    );
    assert.equal(http.sessions.asked.at(-1), `connect ${id}`);
  });

  for (const method of ['connect', 'disconnect']) {
    test(`${method}: the service of another agent is as unknown as one that never was`, async () => {
      const [mine, other] = [await makeAgent(http, '5.00'), await makeAgent(http, '5.00')];
      const asked = await buyService(http, other).then(() => http.sessions.asked.length);
      const foreign = (await http.operate('/admin/services')).json as { apiKey: string }[];
      for (const { apiKey } of foreign) {
        const answer = await http.ask(
          `/module/${method}?agentKey=${mine.agentKey}&apiKey=${apiKey}`,
        );
        assert.equal(answer.status, 404);
        assert.equal((answer.json as { code: string }).code, 'service_not_found');
      }
      const unknown = await http.ask(`/module/${method}?agentKey=${mine.agentKey}&apiKey=x`);
      assert.equal(unknown.status, 404);
      const keyless = await http.ask(`/module/${method}?agentKey=${mine.agentKey}`);
      assert.equal(keyless.status, 400);
      const nobody = await http.ask(`/module/${method}?apiKey=x`);
      assert.equal(nobody.status, 401);
      assert.equal(http.sessions.asked.length, asked);
    });
  }
});

describe('what an agent may see', () => {
  test('its credit and its own services alone', async () => {
    const [mine, other] = [await makeAgent(http, '15.00'), await makeAgent(http, '5.00')];
    const apiKey = await buyService(http, mine);
    await buyService(http, other);
    const balance = await http.ask(`/module/getWalletBalance?agentKey=${mine.agentKey}`);
    assert.equal(balance.text, '{"status":"true","credit":"10.00"}');
    const { json } = await http.ask(`/module/showAllService?agentKey=${mine.agentKey}`);
    const { serviceCount, services } = json as { serviceCount: number; services: object[] };
    assert.equal(serviceCount, 1);
    const { expire, ...shown } = services[0] as { expire: string };
    assert.match(expire, /^\d{4}-\d\d-\d\d$/);
    assert.deepEqual(shown, {
      apiKey,
      whatsappNumber: '',
      connectedToWhatsapp: false,
      getMessageStatus: false,
      webhook: '',
    });
  });

  for (const method of ['showAllService', 'getWalletBalance']) {
    test(`${method} refuses an unknown agent`, async () => {
      const answer = await http.ask(`/module/${method}?agentKey=x`);
      assert.equal(answer.status, 401);
      assert.equal((answer.json as { status: string }).status, 'false');
    });
  }
});

const call = (method: string, agent: TestAgent, apiKey: string, more = '') =>
  http.ask(`/module/${method}/?agentKey=${agent.agentKey}&apiKey=${apiKey}${more}`);

async function expiry({ agentKey }: TestAgent): Promise<string> {
  const { json } = await http.ask(`/module/showAllService?agentKey=${agentKey}`);
  return (json as { services: { expire: string }[] }).services[0]?.expire ?? '';
}

const endTime = (apiKey: string) =>
  http.database.pool.query(
    `UPDATE services SET expires_at = now() - interval '1 hour' WHERE key_prefix = $1`,
    [apiKey.slice(0, 7)],
  );

describe('suspend, unsuspend, renew, remove', () => {
  test('answer as documented, and the sessions look', async () => {
    const agent = await makeAgent(http, '100.00');
    const apiKey = await buyService(http, agent);
    for (const method of ['suspend', 'unsuspend', 'remove']) {
      const answer = await call(method, agent, apiKey);
      assert.equal(
        answer.text,
        `{"status":"true","message":"The service was ${method} successfully","apiKey":"${apiKey}"}`,
      );
      assert.match(http.sessions.asked.at(-1) ?? '', /^look at \d+$/);
    }
  });

  test('a suspended service answers 403, and works again', async () => {
    const agent = await makeAgent(http, '100.00');
    const apiKey = await buyService(http, agent);
    for (const repeat of [1, 2]) {
      assert.equal((await call('suspend', agent, apiKey)).status, 200, String(repeat));
      const refused = await http.ask(`/sendMsg/${apiKey}?phonenumber=447400000001&message=hi`);
      assert.equal(refused.status, 403);
      assert.equal((refused.json as { code: string }).code, 'service_suspended');
    }
    assert.equal((await call('unsuspend', agent, apiKey)).status, 200);
    assert.equal((await http.ask(`/serviceSettings/${apiKey}`)).status, 200);
  });

  test('renew charges and extends, from the later of now and the expiry', async () => {
    const agent = await makeAgent(http, '100.00');
    const apiKey = await buyService(http, agent);
    const before = await expiry(agent);
    assert.equal((await call('renew', agent, apiKey, '&cycle=12')).status, 200);
    assert.equal(await creditOf(agent), 10_000 - 500 - 6000);
    assert.equal((await expiry(agent)).slice(0, 4), String(Number(before.slice(0, 4)) + 1));
  });

  test('an expired service is renewed from now on and works; unsuspending it is 409', async () => {
    const agent = await makeAgent(http, '100.00');
    const apiKey = await buyService(http, agent);
    await endTime(apiKey);
    const refused = await call('unsuspend', agent, apiKey);
    assert.equal(refused.status, 409);
    assert.equal((refused.json as { code: string }).code, 'service_expired');
    assert.equal((await call('renew', agent, apiKey, '&cycle=1')).status, 200);
    assert.equal((await http.ask(`/serviceSettings/${apiKey}`)).status, 200);
  });

  test('the same renewal within a minute is one; another cycle or key is another', async () => {
    const agent = await makeAgent(http, '200.00');
    const apiKey = await buyService(http, agent);
    const answers = await Promise.all(
      [1, 2, 3].map(() => call('renew', agent, apiKey, '&cycle=1')),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    );
    const replays = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
    assert.equal(replays.length, 2);
    assert.equal(await creditOf(agent), 20_000 - 500 - 500);
    await call('renew', agent, apiKey, '&cycle=3');
    await call('renew', agent, apiKey, '&cycle=1&idempotencyKey=second');
    await call('renew', agent, apiKey, '&cycle=1&idempotencyKey=second');
    assert.equal(await creditOf(agent), 20_000 - 500 - 500 - 1500 - 500);
    const conflict = await call('renew', agent, apiKey, '&cycle=3&idempotencyKey=second');
    assert.equal(conflict.status, 409);
  });

  test('a short wallet renews nothing', async () => {
    const agent = await makeAgent(http, '5.00');
    const apiKey = await buyService(http, agent);
    const before = await expiry(agent);
    assert.equal((await call('renew', agent, apiKey, '&cycle=1')).status, 402);
    assert.equal(await expiry(agent), before);
  });

  test('a renewal and a removal at once: one wins, and nobody pays for what is gone', async () => {
    for (let round = 0; round < 20; round += 1) {
      const agent = await makeAgent(http, '10.00');
      const apiKey = await buyService(http, agent);
      const [renewed, removed] = await Promise.all([
        call('renew', agent, apiKey, '&cycle=1'),
        call('remove', agent, apiKey),
      ]);
      assert.equal(removed.status, 200);
      const isCharged = (await creditOf(agent)) === 0;
      assert.equal(renewed.status, isCharged ? 200 : 404);
      assert.equal((await call('renew', agent, apiKey, '&cycle=1')).status, 404);
    }
  });

  for (const method of ['suspend', 'unsuspend', 'renew', 'remove']) {
    test(`${method}: another agent's service is as unknown as one that never was`, async () => {
      const [owner, other] = [await makeAgent(http, '100.00'), await makeAgent(http, '100.00')];
      const apiKey = await buyService(http, owner);
      const answer = await call(method, other, apiKey, '&cycle=1');
      const unknown = await call(method, other, apiKey.replaceAll(/\d/g, '0'), '&cycle=1');
      assert.deepEqual([answer.status, answer.text], [404, unknown.text]);
      assert.equal((await http.ask(`/serviceSettings/${apiKey}`)).status, 200);
      assert.equal(await creditOf(other), 10_000);
    });
  }
});
