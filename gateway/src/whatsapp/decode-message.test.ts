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
      file: null,
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

test('from a broadcast list the sender is the participant, and there is no group', () => {
  const decoded = message(
    {
      remoteJid: '5@broadcast',
      participant: '447400000003@s.whatsapp.net',
      remoteJidAlt: '99@lid',
    },
    { conversation: 'to my list' },
  );
  assert.deepEqual(
    [decoded?.fromPhone, decoded?.fromLid, decoded?.groupId],
    ['447400000003', '99', null],
  );
});

test('a file comes with what it takes to download it, or to ask its sender for it', () => {
  const decoded = message(
    { remoteJid: '1203@g.us', participant: '447400000003@s.whatsapp.net' },
    { viewOnceMessage: { message: { imageMessage: { caption: 'look', directPath: '/v/1' } } } },
  );
  assert.deepEqual([decoded?.type, decoded?.text], ['file', 'look']);
  assert.equal(decoded?.file?.mimetype, 'image/jpeg');
  const source = proto.WebMessageInfo.decode(decoded?.file?.source ?? Buffer.alloc(0));
  assert.equal(source.message?.imageMessage?.directPath, '/v/1');
  assert.equal(source.key?.id, 'A1');
  assert.equal(source.key?.participant, '447400000003@s.whatsapp.net');
});

test('what is shown once, on the phone alone, is at least told', () => {
  const decoded = message({ isViewOnce: true }, null);
  assert.deepEqual([decoded?.type, decoded?.text], ['unsupported', 'viewOnceMessage']);
});

test('what is no message to the user is none', () => {
  assert.equal(message({ fromMe: true }, { conversation: 'mine' }), null);
  assert.equal(message({ remoteJid: 'status@broadcast' }, { conversation: 'status' }), null);
  assert.equal(message({ remoteJid: '1@newsletter' }, { conversation: 'news' }), null);
  assert.equal(message({}, null), null);
  assert.equal(message({}, { protocolMessage: {} }), null);
  assert.equal(message({ id: null }, { conversation: 'no id' }), null);
});
