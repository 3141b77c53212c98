import assert from 'node:assert/strict';
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { serviceId } from '../../domain/ids.ts';
import { proto, type WAMessage } from '../baileys.ts';
import type { KeyVault } from '../key-vault.ts';
import { PollVotes } from './poll-votes.ts';

const GROUP = '1203@g.us';
const ANN = '11@lid';
const BOB = '22@lid';
const secret = randomBytes(32);

/** Encrypts a vote as WhatsApp's apps do. */
function vote(options: string[], creator: string, voter: string, pollId = 'P1'): proto.IMessage {
  const selectedOptions = options.map((name) => createHash('sha256').update(name).digest());
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions }).finish();
  const base = createHmac('sha256', Buffer.alloc(32)).update(secret).digest();
  const info = Buffer.concat([
    ...[pollId, creator, voter, 'Poll Vote'].map((part) => Buffer.from(part)),
    Buffer.of(1),
  ]);
  const key = createHmac('sha256', base).update(info).digest();
  const encIv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, encIv);
  cipher.setAAD(Buffer.from(`${pollId}\0${voter}`));
  const encPayload = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return {
    pollUpdateMessage: {
      pollCreationMessageKey: { id: pollId, remoteJid: GROUP },
      vote: { encPayload, encIv },
    },
  };
}

const POLL: proto.IMessage = {
  messageContextInfo: { messageSecret: secret },
  pollCreationMessageV3: { name: 'Tea?', options: [{ optionName: 'Yes' }, { optionName: 'No' }] },
};

const message = (content: proto.IMessage, key: Partial<WAMessage['key']>): WAMessage => ({
  key: { remoteJid: GROUP, id: 'V1', fromMe: false, ...key },
  message: content,
});

function open(): PollVotes {
  const kept = new Map<string, unknown>();
  const vault: Pick<KeyVault, 'load' | 'stage'> = {
    load: (_service, type, names) =>
      Promise.resolve(
        new Map(
          names.flatMap((name) => {
            const value = kept.get(`${type}|${name}`);
            return value === undefined ? [] : [[name, value] as const];
          }),
        ),
      ),
    stage: (_service, type, name, value) => void kept.set(`${type}|${name}`, value),
  };
  return new PollVotes(vault as KeyVault, { serviceId: serviceId(1), epoch: 1 });
}

test('a vote says what was chosen, whoever asked, under number or hidden id', async () => {
  const polls = open();
  polls.note(message(POLL, { id: 'P1', participant: ANN }), []);
  const byBob = { participant: BOB, participantAlt: '447400000002@s.whatsapp.net' };
  assert.equal(await polls.read(message(vote(['No'], ANN, BOB), byBob)), 'No');
  assert.equal(await polls.read(message(vote(['Yes', 'No'], ANN, BOB), byBob)), 'Yes\nNo');
  assert.equal(await polls.read(message(vote([], ANN, BOB), byBob)), '', 'taken back');
  const byNumber = vote(['Yes'], ANN, '447400000002@s.whatsapp.net');
  assert.equal(await polls.read(message(byNumber, byBob)), 'Yes');
});

test('votes on a poll of the account’s own phone are read, too', async () => {
  const polls = open();
  const own = ['447400000001:3@s.whatsapp.net', '99:3@lid'];
  polls.note(message(POLL, { id: 'P1', fromMe: true }), own);
  const byBob = vote(['Yes'], '99@lid', BOB);
  assert.equal(await polls.read(message(byBob, { participant: BOB })), 'Yes');
});

test('a vote on an unknown poll, or of somebody else’s making, says nothing', async () => {
  const polls = open();
  assert.equal(await polls.read(message(vote(['No'], ANN, BOB), { participant: BOB })), null);
  polls.note(message(POLL, { id: 'P1', participant: ANN }), []);
  const forged = vote(['No'], ANN, '33@lid');
  assert.equal(await polls.read(message(forged, { participant: BOB })), null);
  assert.equal(await polls.read(message({ conversation: 'hi' }, { participant: BOB })), null);
});
