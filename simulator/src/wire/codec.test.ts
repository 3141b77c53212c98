import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as constants from 'baileys/lib/WABinary/constants.js';

import { codecFor, encodeStanza } from './codec.ts';
import { readDictionary2 } from './dictionary-2.ts';
import { stanza } from './stanza.ts';

const message = stanza(
  'message',
  { from: '447400000001:3@s.whatsapp.net', id: '3EB0', type: 'text' },
  [
    stanza('enc', { v: '2', type: 'msg' }, Buffer.from([1, 2, 3])),
    stanza('participant', { jid: '123456789012345@lid' }, 'text'),
  ],
);

test('both dictionaries bring every stanza back', () => {
  for (const dictionary of [2, 3] as const) {
    const codec = codecFor(dictionary);
    assert.deepEqual(codec.decode(codec.encode(message)), message);
    assert.deepEqual(codec.decode(codec.translate(encodeStanza(message))), message);
  }
});

test('every token of dictionary 2 is written as a token and read back', () => {
  const { SINGLE_BYTE_TOKENS, DOUBLE_BYTE_TOKENS } = readDictionary2();
  assert.equal(SINGLE_BYTE_TOKENS.length, 236);
  assert.deepEqual(
    DOUBLE_BYTE_TOKENS.map(({ length }) => length),
    [256, 256, 256, 256],
  );
  const codec = codecFor(2);
  for (const token of [...SINGLE_BYTE_TOKENS, ...DOUBLE_BYTE_TOKENS.flat()].filter(Boolean)) {
    const bytes = codec.encode(stanza('x', { id: token }));
    assert.equal(codec.decode(bytes).attrs['id'], token);
  }
});

test('the two dictionaries differ', () => {
  const { SINGLE_BYTE_TOKENS } = readDictionary2();
  assert.notDeepEqual(SINGLE_BYTE_TOKENS, constants.SINGLE_BYTE_TOKENS);
  assert.notDeepEqual(codecFor(2).encode(message), codecFor(3).encode(message));
});
