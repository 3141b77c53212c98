import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { HttpOnly } from '../harness/http-only.ts';

test('a client that goes on asking on one connection does not keep the server from closing', async () => {
  const http = await HttpOnly.start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const closed = new AbortController();
  let answered = 0;
  const client = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      const request = get(`${http.url}/serviceSettings/unknown`, { agent });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      answered += 1;
    }
  };
  // Refused in the end, since nobody listens any more.
  const asking = client().catch(() => undefined);
  await http.ask('/');
  await http[Symbol.asyncDispose]();
  closed.abort();
  agent.destroy();
  await asking;
  assert.ok(answered > 0);
});
