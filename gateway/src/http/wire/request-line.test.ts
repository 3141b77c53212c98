import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repairRequestLine } from './request-line.ts';

const REST = ' HTTP/1.1\r\nHost: x\r\n\r\n';

function repaired(line: string): string {
  const reading = repairRequestLine(Buffer.from(line + REST));
  assert.equal(reading.kind, 'repaired', line);
  return reading.bytes.toString();
}

test('spaces, line breaks, tabs and UTF-8 in a query are escaped, the rest stays', () => {
  assert.equal(repaired('GET /a/k?m=a b  c'), `GET /a/k?m=a%20b%20%20c${REST}`);
  assert.equal(repaired('GET /a/k?m=a\nb\r\nc\td'), `GET /a/k?m=a%0Ab%0D%0Ac%09d${REST}`);
  assert.equal(repaired('POST /a/k?m=é%20+😀'), `POST /a/k?m=%C3%A9%20+%F0%9F%98%80${REST}`);
});

test('what comes behind the request line is untouched', () => {
  const body = Buffer.from([0, 255, 32, 10]);
  const reading = repairRequestLine(Buffer.concat([Buffer.from(`POST /a?m=b c${REST}`), body]));
  assert.equal(reading.kind, 'repaired');
  assert.deepEqual(reading.bytes.subarray(-4), body);
});

test('the first version ends the line, whatever the text says', () => {
  assert.equal(
    repaired('GET /a?m=x HTTP/1.1 is a version'),
    `GET /a?m=x%20HTTP/1.1%20is%20a%20version${REST}`,
  );
  const two = repaired(`GET /a?m=b c${REST}GET /d?m=e f`);
  assert.equal(two, `GET /a?m=b%20c${REST}GET /d?m=e f${REST}`);
});

for (const line of [
  'GET /a b/k?m=x',
  'GET /a/k b',
  'GET /a/k',
  'GET /a/k?m=fine',
  'GET /a/k?m=a\0b c',
  'GET /a/k?m=a\x1bb c',
  'DELETE /a/k?m=a b',
  'nonsense /a/k?m=a b',
  '',
]) {
  test(`not repaired: ${JSON.stringify(line)}`, () => {
    assert.equal(repairRequestLine(Buffer.from(line + REST)).kind, 'hopeless');
  });
}

test('a line that has not ended is waited for, but not for ever', () => {
  assert.equal(repairRequestLine(Buffer.from('GET /a?m=b c')).kind, 'incomplete');
  assert.equal(repairRequestLine(Buffer.from(`GET /a?m=${'b '.repeat(20_000)}`)).kind, 'hopeless');
});
