import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { HttpOnly } from '../harness/http-only.ts';
import { waitUntil } from '../harness/wait-until.ts';

test('a client that goes on asking on one connection does not keep the server from closing', async () => {
  const http = await HttpOnly.start();
  const { hostname, port } = new URL(http.url);
  const client = connect(Number(port), hostname);
  await once(client, 'connect');
  let answers = '';
  client.setEncoding('utf8').on('data', (text: string) => (answers += text));
  client.on('error', () => undefined);
  // Its first request is under way when the server begins to close.
  const head =
    'Host: here\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10';
  client.write(`POST /sendMsg/unknown HTTP/1.1\r\n${head}\r\n\r\nmessa`);
  await http.ask('/');
  const closed = http[Symbol.asyncDispose]();
  await waitUntil('the server to take no more connections', async () => {
    return await http.ask('/').then(
      () => false,
      () => true,
    );
  });
  client.write('ge=ab');
  await waitUntil('an answer', () => answers.includes('HTTP/1.1 '));
  // On and on, as long as it can.
  await waitUntil('the connection to end', () => {
    if (client.writable) client.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    return client.destroyed;
  });
  await closed;
  assert.match(answers, /^connection: close/im);
});
