import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import {
  makeImage,
  makeMp3,
  makeVideo,
  makeVoiceNote,
} from '../../../test/harness/media-samples.ts';
import { ManualClock } from '../../../test/harness/manual-clock.ts';
import { waitUntil } from '../../../test/harness/wait-until.ts';
import type { MediaKind } from '../../domain/media.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import type { MediaDescription } from '../media-description.ts';
import { ProbeProcess } from './probe.ts';
import { toBars } from './waveform.ts';

const directory = mkdtempSync(join(tmpdir(), 'probe-'));
const probe = new ProbeProcess(systemClock, createLog('silent'));
after(async () => {
  await probe.close();
  rmSync(directory, { recursive: true });
});

function describeBytes(content: Buffer, kind: MediaKind): Promise<MediaDescription> {
  const path = join(directory, 'file');
  writeFileSync(path, content);
  return probe.describe(path, kind);
}

test('a picture: its size as shown, and a thumbnail', async () => {
  const upright = await sharp(await makeImage('jpeg', 640, 480))
    .withMetadata({ orientation: 6 })
    .toBuffer();
  for (const [content, width, height] of [
    [await makeImage('jpeg'), 640, 480],
    [await makeImage('png'), 640, 480],
    [upright, 480, 640],
  ] as const) {
    const found = await describeBytes(content, 'image');
    assert.deepEqual([found.width, found.height], [width, height]);
    assert.ok(found.jpegThumbnail !== undefined);
    const thumbnail = await sharp(found.jpegThumbnail).metadata();
    assert.equal(thumbnail.format, 'jpeg');
    assert.equal(Math.max(thumbnail.width, thumbnail.height), 100);
    assert.equal(thumbnail.width > thumbnail.height, width > height);
  }
});

test('a sticker: its size', async () => {
  const found = await describeBytes(await makeImage('webp', 512, 512), 'sticker');
  assert.deepEqual(found, { width: 512, height: 512 });
});

test('sound and film: their length', async () => {
  const film = await describeBytes(makeVideo(7, 640, 360), 'video');
  assert.deepEqual(film, { seconds: 7, width: 640, height: 360 });
  const { seconds = 0 } = await describeBytes(makeMp3(3), 'audio');
  assert.ok(seconds >= 3 && seconds <= 4, String(seconds));
});

test('a voice note: its length, and how loud it is along it', async () => {
  const { seconds, waveform } = await describeBytes(makeVoiceNote(4), 'voice');
  assert.equal(seconds, 4);
  assert.equal(waveform?.length, 64);
  assert.equal(Math.max(...waveform), 100);
});

test('the bars of a waveform', () => {
  const rising = Array.from({ length: 6400 }, (_unused, at) => at);
  const bars = [...toBars(rising)];
  assert.equal(bars.length, 64);
  assert.ok(bars.every((bar, at) => at === 0 || bar >= (bars[at - 1] ?? 0)));
  assert.deepEqual([bars[0], bars[63]], [1, 100]);
  assert.deepEqual(
    [...toBars([0, 0])],
    Array.from({ length: 64 }, () => 0),
  );
  assert.equal(toBars([0.5]).length, 64);
});

describe('a file that breaks whoever reads it has no description', () => {
  const cases: [string, () => Promise<Buffer> | Buffer, MediaKind][] = [
    ['noise as a picture', () => randomBytes(10_000), 'image'],
    ['noise as sound', () => randomBytes(10_000), 'audio'],
    ['noise as a voice note', () => randomBytes(10_000), 'voice'],
    ['noise as a film', () => randomBytes(10_000), 'video'],
    ['nothing', () => Buffer.alloc(0), 'image'],
  ];
  for (const [name, make, kind] of cases) {
    test(name, async () => {
      assert.deepEqual(await describeBytes(await make(), kind), {});
    });
  }

  test('a picture of 900 million pixels', async () => {
    const huge = await makeImage('png', 10, 10);
    huge.writeUInt32BE(30_000, 16);
    huge.writeUInt32BE(30_000, 20);
    huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29);
    assert.deepEqual(await describeBytes(huge, 'image'), {});
  });

  test('a picture cut in half', async () => {
    const whole = await makeImage('png', 2000, 2000);
    const { jpegThumbnail } = await describeBytes(whole.subarray(0, whole.length / 2), 'image');
    assert.equal(jpegThumbnail, undefined);
  });

  test('documents are not looked into', async () => {
    assert.deepEqual(await describeBytes(await makeImage('gif'), 'document'), {});
  });

  test('a file that is not there, and after it the next one', async () => {
    assert.deepEqual(await probe.describe(join(directory, 'none'), 'image'), {});
    assert.equal((await describeBytes(await makeImage('jpeg'), 'image')).width, 640);
  });
});

test('a file that takes for ever is given up, and the next one looked into', async (context) => {
  if (process.platform === 'win32') {
    context.skip('Windows has no named pipes in folders');
    return;
  }
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const clock = new ManualClock();
  const impatient = new ProbeProcess(clock, createLog('silent'));
  const endless = impatient.describe(pipe, 'image');
  const next = impatient.describe(join(directory, 'file'), 'image');
  // The first alarm is set once the other process was asked.
  await waitUntil('the file to be looked into', () => clock.hasAlarm);
  clock.advance(10_000);
  assert.deepEqual(await endless, {});
  assert.equal((await next).width, 640);
  await impatient.close();
});
