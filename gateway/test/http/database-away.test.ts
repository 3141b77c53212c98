import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CuttableLine } from '../harness/cuttable-line.ts';
import { HttpOnly } from '../harness/http-only.ts';

test('while the database is away: 503 with Retry-After; when it is back, all is well', async () => {
  let databasePort = 0;
  await using line = await CuttableLine.open(() => databasePort);
  await using http = await HttpOnly.start({}, (url) => {
    const through = new URL(url);
    databasePort = Number(through.port);
    through.hostname = '127.0.0.1';
    through.port = String(line.port);
    return through.href;
  });
  const { apiKey } = await http.openService();
  const sent = await http.ask(`/sendMsg/${apiKey}?phonenumber=447400733413&message=before`);
  assert.equal(sent.status, 200);

  await line.cut();
  for (const path of [
    `/sendMsg/${apiKey}?phonenumber=447400733413&message=lost`,
    `/getStatus/${apiKey}?id=1`,
    '/sendMsg/k3v9x2a-p0q8d7m-k3v9x2a-p0q8d7m-k3v9x2a?phonenumber=447400733413&message=x',
    '/module/create?agentKey=k3v9x2a-p0q8d7m-k3v9x2a-p0q8d7m-k3v9x2a&planId=2&cycle=1',
  ]) {
    const answer = await http.ask(path);
    assert.equal(answer.status, 503, path);
    assert.equal(answer.headers.get('retry-after'), '2');
    assert.equal((answer.json as { code: string }).code, 'not_ready');
  }

  await line.mend();
  const again = await http.ask(`/sendMsg/${apiKey}?phonenumber=447400733413&message=after`);
  assert.equal(again.status, 200);
  assert.equal(await http.countMessages(), 2);
});
