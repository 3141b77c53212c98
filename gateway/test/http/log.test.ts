import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { test } from 'node:test';
import { HttpOnly } from '../harness/http-only.ts';

test('the log shows route patterns and neither keys nor numbers, at every level', async () => {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, written) {
      lines.push(String(chunk));
      written();
    },
  });
  const number = '447400733413';
  const secrets = [number, 'secret words'];
  {
    await using http = await HttpOnly.start({ log: pino({ level: 'trace' }, sink) });
    secrets.push(http.adminToken);
    const { apiKey } = await http.openService();
    const made = await http.operate('/admin/agents', { name: 'x', credit: '5.00' });
    const { agentKey } = made.json as { agentKey: string };
    secrets.push(apiKey, agentKey);
    const query = `?phonenumber=${number}&message=secret%20words`;
    await http.ask(`/sendMsg/${apiKey}${query}`);
    await http.ask(`/sendMsg/${apiKey}x${query}`);
    await http.ask(`/nothing/${apiKey}${query}`);
    await http.ask(`/sendMsg/${apiKey}%E0%A4%A${query}`);
    await http.post(`/sendMsg/${apiKey}`, `{"phonenumber":"${number}","message":"secret words`);
    await http.ask(`/module/create?agentKey=${agentKey}&planId=2&cycle=1`);
    // Something nobody expects: a table is gone.
    await http.database.pool.query('ALTER TABLE messages RENAME TO elsewhere');
    assert.equal((await http.ask(`/sendMsg/${apiKey}${query}`)).status, 500);
    assert.equal((await http.ask(`/getStatus/${apiKey}?id=1`)).status, 500);
  }
  const log = lines.join('');
  assert.match(log, /"route":"\/sendMsg\/:apiKey"/);
  assert.match(log, /a request failed/);
  for (const secret of secrets) assert.ok(!log.includes(secret), `the log holds ${secret}`);
});
