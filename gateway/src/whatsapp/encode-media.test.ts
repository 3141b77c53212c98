import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mediaId } from '../domain/ids.ts';
import type { MediaFile, MediaKind } from '../domain/media.ts';
import { proto } from './baileys.ts';
import { addCaption, encodeUploaded, uploadedAtMs } from './encode-media.ts';
import type { FileDescription } from './media-shelf.ts';

const UPLOADED = {
  url: 'https://mmg.whatsapp.net/v/1',
  directPath: '/v/1',
  mediaKey: Buffer.alloc(32, 1),
  fileEncSha256: Buffer.alloc(32, 2),
  fileSha256: Buffer.alloc(32, 3),
  fileLength: 5,
};

function encode(kind: MediaKind, description: FileDescription = {}): proto.Message {
  const file: MediaFile = {
    mediaId: mediaId(1),
    spoolName: 'abc',
    kind,
    mimetype: 'a/b',
    fileName: 'c.d',
    bytes: 5,
  };
  const message = encodeUploaded(file, UPLOADED, description, 9_000_500);
  return proto.Message.decode(proto.Message.encode(message).finish());
}

test('every kind is the message WhatsApp has for it, with place, key, type and time', () => {
  const kinds: Record<MediaKind, keyof proto.IMessage> = {
    image: 'imageMessage',
    video: 'videoMessage',
    audio: 'audioMessage',
    voice: 'audioMessage',
    document: 'documentMessage',
    sticker: 'stickerMessage',
  };
  for (const [kind, field] of Object.entries(kinds)) {
    const message = encode(kind as MediaKind);
    const file = message[field] as proto.Message.IImageMessage;
    assert.equal(file.mimetype, 'a/b', kind);
    assert.equal(file.directPath, '/v/1');
    assert.equal(Number(file.fileLength), 5);
    assert.deepEqual(Buffer.from(file.mediaKey ?? []), UPLOADED.mediaKey);
    assert.equal(uploadedAtMs(message), 9_000_000);
  }
});

test('a voice note is recorded sound, other sound is not; both tell their length', () => {
  const waveform = Buffer.alloc(64, 9);
  const voice = encode('voice', { seconds: 2.6, waveform }).audioMessage;
  assert.deepEqual([voice?.ptt, voice?.seconds], [true, 3]);
  assert.deepEqual(Buffer.from(voice?.waveform ?? []), waveform);
  const audio = encode('audio', { seconds: 0.2, waveform }).audioMessage;
  assert.deepEqual([audio?.ptt, audio?.seconds, audio?.waveform?.length ?? 0], [false, 1, 0]);
});

test('pictures and films have their size and thumbnail, documents their name', () => {
  const description = { width: 300, height: 200, seconds: 7, jpegThumbnail: Buffer.of(1, 2) };
  const image = encode('image', description).imageMessage;
  assert.deepEqual([image?.width, image?.height, image?.jpegThumbnail?.length], [300, 200, 2]);
  const video = encode('video', description).videoMessage;
  assert.deepEqual([video?.width, video?.seconds], [300, 7]);
  assert.equal(encode('document').documentMessage?.fileName, 'c.d');
});

test('each recipient gets the caption and a secret of their own; what is kept stays as it was', () => {
  const kept = encode('image');
  const [one, other] = [addCaption(kept, 'look'), addCaption(kept, '')];
  assert.equal(one.imageMessage?.caption, 'look');
  assert.equal(one.imageMessage?.directPath, '/v/1');
  assert.equal(other.imageMessage?.caption ?? '', '');
  assert.equal(kept.imageMessage?.caption ?? '', '');
  assert.notDeepEqual(one.messageContextInfo, other.messageContextInfo);
  assert.equal(addCaption(encode('document'), 'x').documentMessage?.caption, 'x');
  assert.ok(addCaption(encode('sticker'), 'x').stickerMessage);
});
