import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Problem } from '../../domain/errors.ts';
import { readBase64 } from './base64.ts';

async function* inPieces(text: string, length: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; at += length) {
    await Promise.resolve();
    yield bytes.subarray(at, at + length);
  }
}

async function decode(text: string, length = 7): Promise<{ bytes: Buffer; type: string | null }> {
  const reader = readBase64(inPieces(text, length));
  const pieces: Buffer[] = [];
  for await (const piece of reader.bytes()) pieces.push(Buffer.copyBytesFrom(piece));
  return { bytes: Buffer.concat(pieces), type: reader.declaredType };
}

test('Base64 of every length, however it is cut and wrapped', async () => {
  for (let length = 0; length < 40; length += 1) {
    const bytes = randomBytes(length);
    const plain = bytes.toString('base64');
    const forms = [
      plain,
      plain.replaceAll('=', ''),
      bytes.toString('base64url'),
      plain.replaceAll(/(.{10})/g, '$1\r\n'),
      ` \n${plain} \n`,
      `data:image/png;base64,${plain}`,
    ];
    for (const form of forms) {
      for (const pieceLength of [1, 2, 3, 5, 64]) {
        assert.deepEqual((await decode(form, pieceLength)).bytes, bytes, `${form} ${pieceLength}`);
      }
    }
  }
});

test('a data: prefix names the type', async () => {
  assert.equal((await decode('data:image/png;base64,QUJD')).type, 'image/png');
  assert.equal((await decode('  DATA:audio/ogg;codecs=opus;base64,QUJD')).type, 'audio/ogg');
  assert.equal((await decode('data:;base64,QUJD')).type, null);
  assert.equal((await decode('QUJD')).type, null);
});

test('what is no Base64', async () => {
  const bad = ['QUJ*', 'QUJDQ', 'QQ=Q', 'QQ===', 'QUJD=', 'Q=', '=', 'QQ==QQ==', 'данные', 'a,b'];
  for (const text of [...bad, 'data:image/png,QUJD', `${'A'.repeat(100_000)}!`]) {
    for (const pieceLength of [1, 3, 64_000]) {
      await assert.rejects(
        decode(text, pieceLength),
        (error) => error instanceof Problem && error.code === 'invalid_parameter',
        `${text.slice(0, 30)} in pieces of ${pieceLength}`,
      );
    }
  }
});
