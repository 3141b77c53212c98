import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proto, type WAMessage } from './baileys.ts';
import { decodeMessage } from './decode-message.ts';

const NOW_MS = 5000;

function message(
  key: Partial<WAMessage['key']>,
  content: proto.IMessage | null,
): ReturnType<typeof decodeMessage> {
  const whole = {
    key: { remoteJid: '447400000002@s.whatsapp.net', id: 'A1', fromMe: false, ...key },
    messageTimestamp: 3,
    message: content,
  };
  return decodeMessage(whole, NOW_MS);
}

test('the sender is a phone number wherever WhatsApp tells it, in both ways of addressing', () => {
  const byPhone = message({ remoteJidAlt: '99@lid' }, { conversation: 'hi' });
  const byLid = message(
    { remoteJid: '99@lid', remoteJidAlt: '447400000002:0@s.whatsapp.net' },
    { extendedTextMessage: { text: 'hi' } },
  );
  for (const decoded of [byPhone, byLid]) {
    assert.deepEqual(decoded, {
      whatsAppId: 'A1',
      groupId: null,
      fromPhone: '447400000002',
      fromLid: '99',
      type: 'chat',
      text: 'hi',
      sentAtMs: 3000,
    });
  }
});

test('in a group the sender is the participant', () => {
  const decoded = message(
    {
      remoteJid: '1203@g.us',
      participant: '99@lid',
      participantAlt: '447400000003@s.whatsapp.net',
    },
    { conversation: 'to all' },
  );
  assert.equal(decoded?.groupId, '1203');
  assert.equal(decoded?.fromPhone, '447400000003');
  assert.equal(decoded?.fromLid, '99');
});

test('other kinds keep their kind and caption', () => {
  const image = message({}, { imageMessage: { caption: 'look' } });
  assert.deepEqual([image?.type, image?.text], ['image', 'look']);
  const wrapped = message({}, { ephemeralMessage: { message: { conversation: 'vanishing' } } });
  assert.deepEqual([wrapped?.type, wrapped?.text], ['chat', 'vanishing']);
});

test('what is no message to the user is none', () => {
  assert.equal(message({ fromMe: true }, { conversation: 'mine' }), null);
  assert.equal(message({ remoteJid: 'status@broadcast' }, { conversation: 'status' }), null);
  assert.equal(message({ remoteJid: '1@newsletter' }, { conversation: 'news' }), null);
  assert.equal(message({}, null), null);
  assert.equal(message({}, { protocolMessage: {} }), null);
  assert.equal(message({ id: null }, { conversation: 'no id' }), null);
});
