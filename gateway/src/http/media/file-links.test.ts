import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import { ManualClock } from '../../../test/harness/manual-clock.ts';
import { messageId, serviceId } from '../../domain/ids.ts';
import { createFileLinks, nameOf } from './file-links.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const FILE = {
  serviceId: serviceId(7),
  messageId: messageId(12),
  fileName: '',
  mimetype: 'image/jpeg',
};
const request = { protocol: 'http', host: '10.0.0.1:3000' } as FastifyRequest;
const tokenOf = (url: string): string => url.split('/').at(-2) ?? '';

test('a link leads to its file for seven days, and to nobody else’s gateway', () => {
  const clock = new ManualClock();
  const masterKey = randomBytes(32);
  const links = createFileLinks(masterKey, null, clock);
  const url = links.linkTo(FILE, request);
  assert.match(url, /^http:\/\/10\.0\.0\.1:3000\/media\/7\.12\.\d+\.[\w-]{24}\/file-12\.jpe?g$/);
  clock.advance(7 * DAY_MS - 1000);
  assert.deepEqual(links.read(tokenOf(url)), { serviceId: 7, messageId: 12 });
  assert.equal(createFileLinks(randomBytes(32), null, clock).read(tokenOf(url)), null);
  clock.advance(2000);
  assert.equal(links.read(tokenOf(url)), null);
});

test('the operator may say where the gateway is reached', () => {
  const clock = new ManualClock();
  const links = createFileLinks(randomBytes(32), 'https://api.example.com', clock);
  assert.ok(links.linkTo(FILE, request).startsWith('https://api.example.com/media/7.12.'));
});

test('a name of a stranger is one harmless segment', () => {
  const names = ['../../etc/passwd', '.htaccess', '‮gpj.exe', 'a\0b\r\nc', 'x'.repeat(4000)];
  for (const fileName of names) {
    const name = nameOf({ ...FILE, fileName });
    assert.match(name, /^[^/\\.\p{Cc}\p{Cf}][^/\\\p{Cc}\p{Cf}]{0,199}$/u, name);
  }
  assert.equal(nameOf({ ...FILE, fileName: 'über 1.pdf' }), 'über 1.pdf');
  assert.equal(nameOf({ ...FILE, mimetype: 'x/unknown' }), 'file-12');
});
