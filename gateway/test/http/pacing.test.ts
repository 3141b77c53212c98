import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { SAFE_PACING, SAFE_POLICY } from '../../src/domain/pacing.ts';
import { beginFollowing } from '../../src/storage/pacing/follow.ts';
import { HttpOnly } from '../harness/http-only.ts';

const changed: number[] = [];
const http = await HttpOnly.start({
  pacing: { policy: SAFE_POLICY, changed: (serviceId) => void changed.push(serviceId) },
});
after(() => http[Symbol.asyncDispose]());

interface Shown {
  paced: boolean;
  held: number;
  holdsBack: { reason: string } | null;
  newChats: {
    lastHour: number;
    dayMax: number;
    holdsBack: { reason: string; until: string } | null;
  } | null;
  settings: Record<string, number> | null;
}

const show = async (apiKey: string): Promise<Shown> =>
  (await http.ask(`/pacing/${apiKey}`)).json as Shown;

async function put(apiKey: string, body: unknown) {
  return await http.ask(`/admin/services/${apiKey}/pacing`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${http.adminToken}`,
    },
    body: JSON.stringify(body),
  });
}

test('a live service is safe; the operator changes it, and both see it', async () => {
  const { apiKey, id } = await http.openService();
  const safe = await show(apiKey);
  assert.deepEqual(safe.settings, SAFE_PACING);
  assert.equal(safe.newChats?.dayMax, 10, 'a new account');
  assert.equal((await put(apiKey, { newChatsPerDay: 5, gapSecondsMin: 0.5 })).status, 200);
  assert.deepEqual(changed, [id]);
  const { settings } = await show(apiKey);
  assert.deepEqual(settings, { ...SAFE_PACING, newChatsPerDay: 5, gapSecondsMin: 0.5 });
  const off = (await put(apiKey, { pacing: 'off' })).json as Shown;
  assert.deepEqual([off.paced, off.settings, off.newChats], [false, null, null]);
  const byPost = await http.operate(`/admin/services/${apiKey}/pacing`, { pacing: 'default' });
  assert.deepEqual((byPost.json as Shown).settings, SAFE_PACING);
  const asOperator = await http.operate(`/admin/services/${apiKey}/pacing`);
  assert.deepEqual(asOperator.json, await show(apiKey));
});

test('what was used, and what holds back and until when', async () => {
  const { apiKey, id } = await http.openService();
  await beginFollowing(http.database, id, '447400000001');
  await http.database.pool.query(
    `INSERT INTO chats (service_id, chat, opened_at, last_sent_at)
     SELECT $1, '44740000' || number, now(), now() FROM generate_series(1000, 1014) AS number`,
    [id],
  );
  await http.database.pool.query(
    `UPDATE paces SET linked_at = now() - interval '1 year', next_at = now() + interval '1 minute'
     WHERE service_id = $1`,
    [id],
  );
  const shown = await show(apiKey);
  assert.equal(shown.holdsBack?.reason, 'gap');
  assert.equal(shown.newChats?.lastHour, 15);
  assert.equal(shown.newChats.dayMax, 50);
  assert.equal(shown.newChats.holdsBack?.reason, 'new_chats_per_hour');
  const inMs = Date.parse(shown.newChats.holdsBack.until) - Date.now();
  assert.ok(inMs > 3_500_000 && inMs <= 3_600_000);
});

describe('what can not be used is refused with a sentence, and changes nothing', () => {
  for (const [body, sentence] of [
    [{}, 'Give "pacing" or settings of it.'],
    [{ pacing: 'fast' }, 'A pacing is "safe", "off" or an object of settings.'],
    [{ pacing: 'off', chatBurst: 3 }, 'Settings are changed from the "safe" pacing only.'],
    [{ chatBurst: 0 }, 'chatBurst must be a whole number from 1 to 100000.'],
    [{ chatBurst: 'many' }, 'chatBurst must be a whole number from 1 to 100000.'],
    [{ chatBurst: [1, 2] }, 'The parameter "chatBurst" takes one value.'],
    [{ constructor: 1 }, '"constructor" is no setting of pacing'],
  ] as const) {
    test(JSON.stringify(body), async () => {
      const { apiKey } = await http.openService();
      const answer = await put(apiKey, body);
      assert.equal(answer.status, 400);
      assert.ok(answer.text.includes(JSON.stringify(sentence).slice(1, -1)), answer.text);
      assert.deepEqual((await show(apiKey)).settings, SAFE_PACING);
    });
  }

  test('without the token, or for a service that is not', async () => {
    const { apiKey } = await http.openService();
    assert.equal((await http.ask(`/admin/services/${apiKey}/pacing`)).status, 401);
    assert.equal((await put('tw_none', { pacing: 'off' })).status, 404);
    assert.equal((await http.ask('/pacing/tw_none')).status, 401);
  });
});
