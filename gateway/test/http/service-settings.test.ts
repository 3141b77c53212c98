import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HttpOnly } from '../harness/http-only.ts';

let http: HttpOnly;

before(async () => {
  http = await HttpOnly.start();
});
after(() => http[Symbol.asyncDispose]());

const SENTENCE =
  'When sending a message, if the phone number starts with zero, the CODE will replace zero';

test('before and after linking, before and after a code was set', async () => {
  const { apiKey, id } = await http.openService();
  const unlinked = {
    status: 'true',
    connectionStatus: 'Not connected to WhatsApp',
    whatsAppNumber: '',
    countrycode: '',
    statusCountryCode: SENTENCE.replace('CODE', ''),
    whatsAppReceiveMessage: 'Enable',
    webhook: '',
    level: '3',
  };
  const settings = async (query = '') =>
    (await http.ask(`/serviceSettings/${apiKey}${query}`)).text;
  assert.equal(await settings(), JSON.stringify(unlinked));

  await http.sessions.link(id, '15551234567');
  const linked = {
    ...unlinked,
    connectionStatus: 'Connected to WhatsApp',
    whatsAppNumber: '15551234567',
    countrycode: '1',
  };
  assert.equal(await settings(), JSON.stringify(linked));

  const set = { ...linked, countrycode: '44', statusCountryCode: SENTENCE.replace('CODE', '44') };
  assert.equal(await settings('?countryCode=44'), JSON.stringify(set));
  assert.equal(await settings(), JSON.stringify(set));
});

test('receiveMessage in every documented spelling, shown at once', async () => {
  const { apiKey } = await http.openService();
  const shown = async (query: string) => {
    const { json } = await http.ask(`/serviceSettings/${apiKey}${query}`);
    return (json as { whatsAppReceiveMessage: string }).whatsAppReceiveMessage;
  };
  for (const [off, on] of [
    ['off', 'on'],
    ['false', 'true'],
    ['0', '1'],
    ['OFF', 'On'],
  ]) {
    assert.equal(await shown(`?receiveMessage=${off}`), 'Disable');
    assert.equal(await shown(''), 'Disable');
    assert.equal(await shown(`?receiveMessage=${on}`), 'Enable');
    assert.equal(await shown(''), 'Enable');
  }
  const answer = await http.post(`/serviceSettings/${apiKey}`, { receiveMessage: false });
  assert.equal((answer.json as Record<string, string>)['whatsAppReceiveMessage'], 'Disable');
});

for (const query of [
  'countryCode=x',
  'countryCode=0',
  'countryCode=12345',
  'receiveMessage=maybe',
]) {
  test(`refuses ${query} and changes nothing`, async () => {
    const { apiKey } = await http.openService();
    const before = await http.ask(`/serviceSettings/${apiKey}`);
    const good = query.startsWith('c') ? 'receiveMessage=off' : 'countryCode=44';
    const answer = await http.ask(`/serviceSettings/${apiKey}?${query}&${good}`);
    assert.equal(answer.status, 400);
    assert.equal((answer.json as { status: string }).status, 'false');
    assert.equal((answer.json as { code: string }).code, 'invalid_parameter');
    assert.equal((await http.ask(`/serviceSettings/${apiKey}`)).text, before.text);
  });
}

test('a preview may look, but not change', async () => {
  const { apiKey } = await http.openService();
  const headers = { 'user-agent': 'WhatsApp/2.23.20.0' };
  assert.equal((await http.ask(`/serviceSettings/${apiKey}`, { headers })).status, 200);
  const change = await http.ask(`/serviceSettings/${apiKey}?countryCode=44`, { headers });
  assert.equal(change.status, 403);
});
