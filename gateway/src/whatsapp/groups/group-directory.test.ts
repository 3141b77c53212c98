import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Boom } from '@hapi/boom';
import { SendRefusal } from '../../sessions/connection.ts';
import type { GroupMetadata } from '../baileys.ts';
import { GroupDirectory } from './group-directory.ts';

const JID = '120363000000000001@g.us';
const OWN = new Set(['447400000001', '99']);

const group = (...members: string[]): GroupMetadata =>
  ({
    id: JID,
    subject: 'Friends',
    participants: members.map((id) => ({ id })),
  }) as unknown as GroupMetadata;

function directoryOf(...answers: (GroupMetadata | Error)[]) {
  const asked: string[] = [];
  const directory = new GroupDirectory({
    groupMetadata(jid) {
      asked.push(jid);
      const answer = answers.shift();
      return answer instanceof Error || answer === undefined
        ? Promise.reject(answer ?? new Error('asked too often'))
        : Promise.resolve(answer);
    },
    groupFetchAllParticipating: () => Promise.resolve({ [JID]: group('99@lid') }),
  });
  return { directory, asked };
}

const reasonOf = (reason: string) => (error: unknown) =>
  error instanceof SendRefusal && error.reason === reason;

test('a group is asked for once, also by many at once, and again after a change', async () => {
  const { directory, asked } = directoryOf(group('99@lid'), group('99@lid', '5@lid'));
  await Promise.all([directory.require(JID, OWN), directory.require(JID, OWN)]);
  await directory.require(JID, OWN);
  assert.equal(asked.length, 1);
  assert.equal((await directory.find(JID))?.participants.length, 1);
  directory.forget(JID);
  assert.equal(await directory.find(JID), undefined);
  assert.equal((await directory.require(JID, OWN)).participants.length, 2);
  assert.equal(asked.length, 2);
});

test('only members may write, under their number or their hidden id', async () => {
  for (const own of ['447400000001@s.whatsapp.net', '99@lid']) {
    await directoryOf(group(own)).directory.require(JID, OWN);
  }
  const others = directoryOf(group('5@lid')).directory;
  await assert.rejects(others.require(JID, OWN), reasonOf('not_in_group'));
});

test('WhatsApp’s no is final, its silence is not; neither is remembered', async () => {
  const refused = new Boom('forbidden', { data: 403 });
  const { directory } = directoryOf(refused, new Error('timed out'), group('99@lid'));
  await assert.rejects(directory.require(JID, OWN), reasonOf('not_in_group'));
  await assert.rejects(directory.require(JID, OWN), reasonOf('group_unanswered'));
  assert.equal((await directory.require(JID, OWN)).participants.length, 1);
});

test('the list of groups is remembered for sending', async () => {
  const { directory, asked } = directoryOf();
  assert.deepEqual(await directory.list(), [{ groupId: '120363000000000001', name: 'Friends' }]);
  await directory.require(JID, OWN);
  assert.deepEqual(asked, []);
});
