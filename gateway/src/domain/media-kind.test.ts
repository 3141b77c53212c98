import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideLook, type MediaClues } from './media-kind.ts';

function lookOf(clues: Partial<MediaClues> & { content?: string }): string {
  const { kind, mimetype } = decideLook({
    sniffedType: null,
    head: Buffer.from(clues.content ?? ''),
    declaredType: null,
    fileName: '',
    ...clues,
  });
  return `${kind} ${mimetype}`;
}

test('content decides first', () => {
  const other = { declaredType: 'application/pdf', fileName: 'a.txt' };
  const cases = {
    'image/jpeg': 'image image/jpeg',
    'image/png': 'image image/png',
    'image/apng': 'image image/png',
    'image/webp': 'sticker image/webp',
    'image/gif': 'document image/gif',
    'image/heic': 'document image/heic',
    'video/mp4': 'video video/mp4',
    'video/3gpp': 'video video/3gpp',
    'video/webm': 'document video/webm',
    'audio/mpeg': 'audio audio/mpeg',
    'audio/x-m4a': 'audio audio/mp4',
    'audio/ogg': 'audio audio/ogg',
    'audio/ogg; codecs=opus': 'voice audio/ogg; codecs=opus',
    'application/pdf': 'document application/pdf',
  };
  for (const [sniffedType, look] of Object.entries(cases)) {
    assert.equal(lookOf({ sniffedType, ...other }), look);
  }
});

test('where content says nothing, its Content-Type does, then its name', () => {
  assert.equal(lookOf({ declaredType: 'IMAGE/JPEG; q=1', fileName: 'a.pdf' }), 'image image/jpeg');
  assert.equal(lookOf({ declaredType: 'image/jpg' }), 'image image/jpeg');
  assert.equal(
    lookOf({ declaredType: 'application/octet-stream', fileName: 'a.MP4' }),
    'video video/mp4',
  );
  assert.equal(lookOf({ fileName: 'a.webp' }), 'sticker image/webp');
  assert.equal(lookOf({ fileName: 'note.ogg' }), 'voice audio/ogg; codecs=opus');
  assert.equal(
    lookOf({ declaredType: 'audio/ogg; codecs="opus"' }),
    'voice audio/ogg; codecs=opus',
  );
  assert.equal(lookOf({ fileName: 'a.csv' }), 'document text/csv');
  assert.equal(lookOf({ declaredType: 'nonsense' }), 'document application/octet-stream');
  assert.equal(lookOf({}), 'document application/octet-stream');
});

test('a page or a drawing is a document, whatever it is called', () => {
  const asImage = { declaredType: 'image/jpeg', fileName: 'a.jpg' };
  const pages = [
    '<!DOCTYPE html><html>',
    ' \n<html lang="en">',
    '\uFEFF<body onload="x()">',
    '<!-- x --><script>',
  ];
  for (const content of pages) {
    assert.equal(lookOf({ content, ...asImage }), 'document text/html', content);
  }
  for (const content of ['<svg xmlns="x">', '<?xml version="1.0"?>\n<svg>']) {
    const look = lookOf({ content, sniffedType: 'application/xml', ...asImage });
    assert.equal(look, 'document image/svg+xml', content);
  }
});

test('what is packed in a common box is named from outside, but never becomes a picture', () => {
  const boxed = { sniffedType: 'application/zip' };
  assert.equal(
    lookOf({ ...boxed, fileName: 'a.docx' }),
    'document application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  );
  assert.equal(lookOf({ ...boxed, fileName: 'a.jpg' }), 'document application/zip');
  assert.equal(lookOf({ sniffedType: 'video/mp4', fileName: 'a.m4a' }), 'audio audio/mp4');
});
