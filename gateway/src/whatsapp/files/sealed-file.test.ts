import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proto } from '../baileys.ts';
import { onlyMediaHost, WHATSAPP_MEDIA_HOSTS } from './media-hosts.ts';
import { placeOf, readSealedFile, type SealedFile } from './sealed-file.ts';

const FILE: SealedFile = {
  kind: 'image',
  mediaKey: Buffer.alloc(32, 1),
  sha256: null,
  url: null,
  directPath: '/v/t62?token=1',
};

const place = (change: Partial<SealedFile>, hosts = WHATSAPP_MEDIA_HOSTS): string | null =>
  placeOf({ ...FILE, ...change }, hosts)?.href ?? null;

test('a file is fetched from WhatsApp’s hosts, whatever its sender wrote', () => {
  const path = '/v/t62?token=1';
  assert.equal(place({}), `https://mmg.whatsapp.net${path}`);
  const named = 'https://media-fra3-1.cdn.whatsapp.net/other';
  assert.equal(place({ url: named }), `https://media-fra3-1.cdn.whatsapp.net${path}`);
  assert.equal(place({ url: named, directPath: null }), named);
  for (const url of [
    'https://evil.example/x',
    'http://mmg.whatsapp.net/x',
    'https://mmg.whatsapp.net.evil.example/x',
    'https://mmg.whatsapp.net:8443/x',
    'https://127.0.0.1/x',
    'file:///etc/passwd',
  ]) {
    assert.equal(place({ url }), `https://mmg.whatsapp.net${path}`, url);
    assert.equal(place({ url, directPath: null }), null, url);
  }
  for (const directPath of [
    '//evil.example/x',
    '@evil.example/x',
    'https://evil.example/x',
    '\\\\evil.example',
  ]) {
    const found = place({ directPath });
    assert.ok(found === null || found.startsWith('https://mmg.whatsapp.net/'), String(found));
  }
});

test('test services fetch from their simulator only, live ones never', () => {
  const simulator = onlyMediaHost('https://127.0.0.1:4444', 'PEM');
  assert.equal(place({}, simulator), 'https://127.0.0.1:4444/v/t62?token=1');
  for (const url of ['https://mmg.whatsapp.net/x', 'https://127.0.0.1:4445/x']) {
    assert.equal(place({ url, directPath: null }, simulator), null);
  }
  assert.equal(place({ url: 'https://127.0.0.1:4444/x', directPath: null }), null);
});

const source = (message: proto.IMessage): Uint8Array =>
  proto.WebMessageInfo.encode({ key: {}, message }).finish();

test('a source without a key is none', () => {
  const mediaKey = Buffer.alloc(32, 7);
  const whole = { mediaKey, directPath: '/v/1', fileSha256: Buffer.alloc(32, 2) };
  assert.equal(readSealedFile(source({ stickerMessage: whole }))?.kind, 'sticker');
  assert.equal(readSealedFile(source({ audioMessage: whole }))?.kind, 'audio');
  assert.equal(readSealedFile(source({ audioMessage: { directPath: '/v/1' } })), null);
  assert.equal(readSealedFile(source({ conversation: 'hi' })), null);
});
