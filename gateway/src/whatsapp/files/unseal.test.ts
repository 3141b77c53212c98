import assert from 'node:assert/strict';
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { getMediaKeys } from '../baileys.ts';
import type { SealedFile } from './sealed-file.ts';
import { createUnsealer, DamagedFile, FileTooLong } from './unseal.ts';

const mediaKey = randomBytes(32);
const plain = randomBytes(100_000);
const FILE: SealedFile = {
  kind: 'document',
  mediaKey,
  sha256: createHash('sha256').update(plain).digest(),
  url: null,
  directPath: null,
};

async function seal(bytes: Buffer): Promise<Buffer> {
  const { cipherKey, iv, macKey } = await getMediaKeys(mediaKey, 'document');
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv);
  const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const mac = createHmac('sha256', macKey ?? '')
    .update(iv)
    .update(body)
    .digest();
  return Buffer.concat([body, mac.subarray(0, 10)]);
}

/** Opens a file that comes in pieces of this length. */
async function open(
  sealed: Buffer,
  { pieceBytes = 1000, bytesMax = 1_000_000, file = FILE } = {},
): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(sealed.length / pieceBytes) }, (_, index) =>
    sealed.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  const unsealer = await createUnsealer(file, bytesMax);
  return Buffer.concat(await Readable.from(pieces).compose(unsealer).toArray());
}

test('a file is opened in pieces of any length', async () => {
  const sealed = await seal(plain);
  for (const pieceBytes of [7, 16, 1000, 65_536, 1_000_000]) {
    assert.ok((await open(sealed, { pieceBytes })).equals(plain), `${pieceBytes}`);
  }
  const one = Buffer.of(1);
  const sha256 = createHash('sha256').update(one).digest();
  assert.deepEqual(await open(await seal(one), { file: { ...FILE, sha256 } }), one);
});

test('what was changed, cut or is another file is refused', async () => {
  const sealed = await seal(plain);
  const changed = Buffer.from(sealed);
  changed[5000] = (changed[5000] ?? 0) ^ 1;
  const signature = Buffer.from(sealed);
  signature[sealed.length - 1] = (signature.at(-1) ?? 0) ^ 1;
  for (const bad of [
    changed,
    signature,
    sealed.subarray(0, 50_000),
    sealed.subarray(0, 4),
    await seal(randomBytes(99)),
    Buffer.alloc(0),
  ]) {
    await assert.rejects(open(bad), DamagedFile);
  }
});

test('a file that is longer than allowed is cut off', async () => {
  await assert.rejects(open(await seal(plain), { bytesMax: 50_000 }), FileTooLong);
});
