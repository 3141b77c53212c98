import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanFileName, decideFileName } from './file-name.ts';

const PDF = { kind: 'document', mimetype: 'application/pdf' } as const;

test('a name loses its path and whatever hides or turns characters', () => {
  const cases = {
    '../../etc/passwd': 'passwd',
    'C:\\Users\\ann\\offer.pdf': 'offer.pdf',
    'invoice\u202Efdp.exe': 'invoicefdp.exe',
    'a\0b\r\nc\u001B[31m.txt': 'abc[31m.txt',
    '..': '',
    '.htaccess': 'htaccess',
    '  spaced name.doc ': 'spaced name.doc',
    'گزارش\u200Cها.pdf': 'گزارش\u200Cها.pdf',
    'half \uD83D.png': 'half \uFFFD.png',
    'https://example.com/': '',
  };
  for (const [written, clean] of Object.entries(cases)) {
    assert.equal(cleanFileName(written), clean, written);
  }
});

test('a long name keeps its end', () => {
  const clean = cleanFileName(`${'😀'.repeat(4000)}.pdf`);
  assert.equal(Array.from(clean).length, 200);
  assert.ok(clean.endsWith('😀.pdf'));
});

test('a file without a name gets one from its link, else from what it is', () => {
  assert.equal(decideFileName('mine.pdf', 'https://example.com/a.pdf', PDF), 'mine.pdf');
  assert.equal(
    decideFileName('', 'https://example.com/x/price%20list.pdf?y', PDF),
    'price list.pdf',
  );
  assert.equal(decideFileName('', 'https://example.com/x/17', PDF), '17.pdf');
  assert.equal(decideFileName('', 'https://example.com/%E0%A4%A.pdf', PDF), '%E0%A4%A.pdf');
  assert.equal(decideFileName('', 'https://example.com', PDF), 'document.pdf');
  assert.equal(decideFileName('\0', '', { kind: 'image', mimetype: 'image/jpeg' }), 'image.jpg');
  const voice = { kind: 'voice', mimetype: 'audio/ogg; codecs=opus' } as const;
  assert.equal(decideFileName('', '', voice), 'voice.ogg');
});
