import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileHeaders, readRange } from './file-headers.ts';

const dispositionOf = (type: string): string | undefined =>
  fileHeaders(type, 'a')['content-disposition'];

test('pictures and sound are shown; what could be a page or a script is downloaded', () => {
  const shown = ['image/jpeg', 'image/webp', 'audio/ogg; codecs=opus', 'video/mp4', 'IMAGE/PNG'];
  for (const type of shown) assert.match(dispositionOf(type) ?? '', /^inline/, type);
  for (const type of [
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'application/pdf',
    'text/javascript',
    'text/xml',
    'video',
    '',
  ]) {
    assert.match(dispositionOf(type) ?? '', /^attachment/, type);
  }
});

test('neither type nor name can break out of its header', () => {
  const headers = fileHeaders('text/html\r\nset-cookie: a=b', 'a"\r\nb: c (سلام)');
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.match(headers['content-disposition'] ?? '', /^[\x20-\x7e]+$/);
  assert.doesNotMatch(headers['content-disposition'] ?? '', /["()]/);
  assert.equal(headers['content-security-policy'], "sandbox; default-src 'none'");
});

test('ranges', () => {
  assert.deepEqual(readRange('bytes=0-9', 100), { start: 0, end: 9 });
  assert.deepEqual(readRange('bytes=90-', 100), { start: 90, end: 99 });
  assert.deepEqual(readRange('bytes=90-1000', 100), { start: 90, end: 99 });
  assert.deepEqual(readRange('bytes=-10', 100), { start: 90, end: 99 });
  assert.deepEqual(readRange('bytes=-1000', 100), { start: 0, end: 99 });
  for (const outside of ['bytes=100-', 'bytes=-0']) {
    assert.equal(readRange(outside, 100), 'outside');
  }
  for (const ignored of [undefined, 'bytes=-', 'bytes=9-0', 'bytes=0-1,3-4', 'lines=0-1', 'x']) {
    assert.equal(readRange(ignored, 100), null);
  }
});
