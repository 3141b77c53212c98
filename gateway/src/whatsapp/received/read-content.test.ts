import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proto } from '../baileys.ts';
import { readContent } from './read-content.ts';

/** Through the wire and back, so that a test sees what is really decoded. */
function read(message: proto.IMessage): [type: string, text: string] | null {
  const decoded = proto.Message.decode(proto.Message.encode(message).finish());
  const content = readContent(decoded);
  return content === null ? null : [content.type, content.text];
}

test('texts, also those that vanish, reply or come from a business', () => {
  const texts: proto.IMessage[] = [
    { conversation: 'hi' },
    { extendedTextMessage: { text: 'hi', contextInfo: { stanzaId: 'quoted' } } },
    { ephemeralMessage: { message: { conversation: 'hi' } } },
    { buttonsMessage: { contentText: 'hi' } },
    { listMessage: { description: 'hi' } },
    { templateMessage: { hydratedTemplate: { hydratedContentText: 'hi' } } },
    { interactiveMessage: { body: { text: 'hi' } } },
    { commentMessage: { message: { conversation: 'hi' } } },
  ];
  for (const message of texts) assert.deepEqual(read(message), ['chat', 'hi']);
});

test('what was chosen from buttons and lists is a text', () => {
  const answers: proto.IMessage[] = [
    { buttonsResponseMessage: { selectedButtonId: 'id', selectedDisplayText: 'Yes' } },
    { templateButtonReplyMessage: { selectedId: 'id', selectedDisplayText: 'Yes' } },
    { listResponseMessage: { title: 'Yes', singleSelectReply: { selectedRowId: 'id' } } },
    { interactiveResponseMessage: { body: { text: 'Yes' } } },
    { buttonsResponseMessage: { selectedButtonId: 'Yes' } },
  ];
  for (const message of answers) assert.deepEqual(read(message), ['chat', 'Yes']);
});

test('files keep their caption, also when they are seen once or come in an album', () => {
  const mimetype = 'x/y';
  const files: proto.IMessage[] = [
    { imageMessage: { mimetype, caption: 'look' } },
    { videoMessage: { mimetype, caption: 'look' } },
    { documentMessage: { mimetype, caption: 'look' } },
    { documentWithCaptionMessage: { message: { documentMessage: { mimetype, caption: 'look' } } } },
    { viewOnceMessageV2: { message: { imageMessage: { mimetype, caption: 'look' } } } },
    { associatedChildMessage: { message: { videoMessage: { mimetype, caption: 'look' } } } },
  ];
  for (const message of files) assert.deepEqual(read(message), ['file', 'look']);
  for (const message of [
    { audioMessage: { ptt: true } },
    { ptvMessage: {} },
    { stickerMessage: {} },
    { lottieStickerMessage: { message: { stickerMessage: {} } } },
  ]) {
    assert.deepEqual(read(message), ['file', '']);
  }
});

test('a file tells its type, name and length; what is missing is usual', () => {
  const named = readContent({
    documentMessage: { mimetype: 'application/pdf', fileName: 'a.pdf', fileLength: 7 },
  });
  assert.deepEqual(
    [named?.file?.mimetype, named?.file?.fileName, named?.file?.bytes],
    ['application/pdf', 'a.pdf', 7],
  );
  const bare = readContent({ ptvMessage: {} });
  assert.deepEqual(
    [bare?.file?.mimetype, bare?.file?.fileName, bare?.file?.bytes],
    ['video/mp4', '', 0],
  );
});

test('places', () => {
  const degrees = { degreesLatitude: 51.5, degreesLongitude: -0.12 };
  assert.deepEqual(read({ locationMessage: { ...degrees, name: 'Big Ben', address: 'London' } }), [
    'location',
    '51.5,-0.12 Big Ben, London',
  ]);
  assert.deepEqual(read({ locationMessage: degrees }), ['location', '51.5,-0.12']);
  assert.deepEqual(read({ liveLocationMessage: { ...degrees, caption: 'on my way' } }), [
    'location',
    '51.5,-0.12 on my way',
  ]);
});

test('contacts: names and numbers out of vCards', () => {
  const vcard = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    'FN:Ann\\, the first',
    'item1.TEL;waid=447400000001:+44 7400 00',
    ' 0001',
    'TEL;TYPE=work:tel:+447400000002',
    'END:VCARD',
  ].join('\r\n');
  const line = 'Ann, the first: +44 7400 000001, +447400000002';
  assert.deepEqual(read({ contactMessage: { vcard } }), ['contact', line]);
  assert.deepEqual(
    read({ contactsArrayMessage: { contacts: [{ vcard }, { displayName: 'Bob', vcard: '' }] } }),
    ['contact', `${line}\nBob`],
  );
});

test('what is done to earlier messages', () => {
  const key = { id: 'A1' };
  const { MESSAGE_EDIT, REVOKE } = proto.Message.ProtocolMessage.Type;
  assert.deepEqual(read({ reactionMessage: { key, text: '👍' } }), ['reaction', '👍']);
  const edit: proto.IMessage = {
    protocolMessage: {
      key,
      type: MESSAGE_EDIT,
      editedMessage: { imageMessage: { caption: 'better' } },
    },
  };
  assert.deepEqual(read(edit), ['edit', 'better']);
  assert.deepEqual(read({ editedMessage: { message: edit } }), ['edit', 'better']);
  assert.deepEqual(read({ protocolMessage: { key, type: REVOKE } }), ['revoked', '']);
});

test('polls', () => {
  const poll = { name: 'Tea?', options: [{ optionName: 'Yes' }, { optionName: 'No' }] };
  for (const message of [
    { pollCreationMessage: poll },
    { pollCreationMessageV3: poll },
    { pollCreationMessageV4: { message: { pollCreationMessageV3: poll } } },
  ]) {
    assert.deepEqual(read(message), ['poll', 'Tea?\n- Yes\n- No']);
  }
  assert.deepEqual(read({ pollUpdateMessage: { vote: {} } }), ['poll_vote', '']);
});

test('events, invitations and trade', () => {
  const event = { name: 'Party', startTime: 1_700_000_000, location: { name: 'Home' } };
  assert.deepEqual(read({ eventMessage: event }), [
    'event',
    'Party\n2023-11-14T22:13:20.000Z\nHome',
  ]);
  assert.deepEqual(read({ groupInviteMessage: { groupName: 'Friends', inviteCode: 'abc' } }), [
    'group_invite',
    'Friends\nhttps://chat.whatsapp.com/abc',
  ]);
  assert.deepEqual(read({ productMessage: { product: { title: 'Cup' } } }), ['product', 'Cup']);
  const order = {
    orderTitle: 'Cups',
    itemCount: 2,
    totalAmount1000: 12_500,
    totalCurrencyCode: 'EUR',
  };
  assert.deepEqual(read({ orderMessage: order }), ['order', 'Cups\n2 items\n12.5 EUR']);
  const note = { noteMessage: { conversation: 'for the cups' } };
  assert.deepEqual(read({ requestPaymentMessage: { ...note, amount1000: 5000 } }), [
    'payment',
    'for the cups\n5',
  ]);
});

test('what is not known says how WhatsApp calls it', () => {
  assert.deepEqual(read({ stickerPackMessage: {} }), ['unsupported', 'stickerPackMessage']);
  assert.deepEqual(read({ pinInChatMessage: { key: {} }, messageContextInfo: {} }), [
    'unsupported',
    'pinInChatMessage',
  ]);
});

test('protocol traffic is silent', () => {
  const { EPHEMERAL_SETTING, APP_STATE_SYNC_KEY_SHARE } = proto.Message.ProtocolMessage.Type;
  for (const message of [
    {},
    { messageContextInfo: {} },
    { senderKeyDistributionMessage: { groupId: 'g' } },
    { protocolMessage: { type: EPHEMERAL_SETTING } },
    { protocolMessage: { type: APP_STATE_SYNC_KEY_SHARE } },
    { albumMessage: { expectedImageCount: 2 } },
  ]) {
    assert.equal(read(message), null);
  }
});

test('wrapped without end is not followed without end', () => {
  let message: proto.IMessage = { conversation: 'deep' };
  for (let depth = 0; depth < 50; depth += 1) message = { ephemeralMessage: { message } };
  assert.deepEqual(read(message), ['unsupported', 'ephemeralMessage']);
});
