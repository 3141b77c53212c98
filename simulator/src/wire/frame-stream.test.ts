import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FrameStream, frameOf } from './frame-stream.ts';

const header = (version: number) => Buffer.from([0x57, 0x41, 6, version]);
const bodies = [Buffer.from('one'), Buffer.alloc(70_000, 7), Buffer.from('three')];

test('frames come out whole, however the bytes are cut', () => {
  const bytes = Buffer.concat([header(3), ...bodies.map(frameOf)]);
  for (const size of [1, 2, 3, 5, 1000, 69_999, bytes.length]) {
    const stream = new FrameStream();
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      frames.push(...stream.push(bytes.subarray(at, at + size)).map((frame) => Buffer.from(frame)));
    }
    assert.deepEqual(frames, bodies, `cut into pieces of ${size}`);
    assert.equal(stream.opening?.dictionary, 3);
  }
});

test('routing information in front of the header is skipped', () => {
  const routing = Buffer.concat([Buffer.from('ED\0\x01', 'latin1'), frameOf(Buffer.alloc(9, 1))]);
  const stream = new FrameStream();
  const frames = stream.push(Buffer.concat([routing, header(2), frameOf(Buffer.from('x'))]));
  assert.deepEqual(frames, [Buffer.from('x')]);
  assert.deepEqual(stream.opening, { header: header(2), dictionary: 2 });
});

test('anything else than a header is refused', () => {
  assert.throws(() => new FrameStream().push(header(4)), /opening bytes/);
  assert.throws(() => new FrameStream().push(Buffer.from('GET / HTTP/1.1')), /opening bytes/);
});
