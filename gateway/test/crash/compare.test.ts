import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, type Known } from './compare.ts';
import type { Evidence, Shown } from './evidence.ts';
import { describeKill, planCampaign } from './plan.ts';

const ANN = '447500001001';
const BOB = '447500001002';
const CAST = { gateways: 1, stallsPercent: 0, accounts: 4, contacts: 20, groups: 2 };

const shownOnce = (text: string, at = 5000): Shown => ({
  text,
  from: '1',
  at,
  wireCopies: 1,
  media: null,
});

const KNOWN: Known = {
  acknowledged: [
    {
      id: 1,
      round: 0,
      account: 0,
      text: 'out',
      phones: [ANN],
      isToGroup: false,
      notBeforeMs: 5000,
      fileSha256: null,
    },
  ],
  unanswered: [{ round: 0, account: 0, text: 'who knows', phones: [ANN] }],
  written: [{ round: 0, account: 0, from: BOB, text: 'in' }],
};

function evidence(changes: Partial<Evidence> = {}): Evidence {
  const standing = { text: 'out', status: 'OK', statusInfo: '', delivery: 'read' };
  return {
    shown: new Map([[ANN, [shownOnce('out')]]]),
    standings: new Map([[1, standing]]),
    listed: new Map([[1, standing]]),
    received: [['in']],
    stats: {
      logins: 1,
      overlappingSockets: 0,
      undecryptable: 0,
      reusedRatchetCounters: 0,
      retriesAskedByPhones: 0,
      retriesAskedByDevices: 0,
      negativeAcks: 0,
      internalErrors: 0,
      lastError: null,
      messagesByWireId: { ids: 1, copies: 1 },
    },
    ...changes,
  };
}

const breachesOf = (changes: Partial<Evidence>): string[] =>
  compare(KNOWN, evidence(changes), 0).map(({ promise }) => promise);

const shownBy = (...entries: [string, Shown[]][]) => ({ shown: new Map(entries) });

test('nothing is found where nothing is wrong', () => {
  assert.deepEqual(breachesOf({}), []);
  const shown = new Map([[ANN, [shownOnce('out'), shownOnce('who knows')]]]);
  assert.deepEqual(breachesOf({ shown }), [], 'an unanswered request may have been done');
});

test('each broken promise is found', () => {
  assert.deepEqual(breachesOf(shownBy()), ['lost']);
  assert.deepEqual(breachesOf(shownBy([ANN, [shownOnce('out'), shownOnce('out')]])), [
    'shown twice',
  ]);
  const other = shownBy([ANN, [shownOnce('out')]], [BOB, [shownOnce('out')]]);
  assert.deepEqual(breachesOf(other), ['shown to the wrong phone']);
  assert.deepEqual(breachesOf(shownBy([ANN, [shownOnce('out', 3999)]])), ['shown early']);
  const withFile = { ...shownOnce('out'), media: { sha256: 'ab' } };
  assert.deepEqual(breachesOf(shownBy([ANN, [withFile]])), ['file differs']);
  const twice = [shownOnce('out'), shownOnce('who knows'), shownOnce('who knows')];
  assert.deepEqual(breachesOf(shownBy([ANN, twice])), ['shown twice']);
  assert.deepEqual(breachesOf({ received: [[]] }), ['incoming lost']);
  assert.deepEqual(breachesOf({ received: [['in', 'in']] }), ['incoming doubled']);
  const stuck = new Map([[1, { text: 'out', status: 'OK', statusInfo: '', delivery: 'phone' }]]);
  assert.deepEqual(breachesOf({ standings: stuck, listed: stuck }), ['tick lost']);
  assert.deepEqual(breachesOf({ listed: stuck }), ['the lists differ']);
  const stats = { ...evidence().stats, reusedRatchetCounters: 1, overlappingSockets: 2 };
  assert.deepEqual(breachesOf({ stats }), ['ratchet counter reused', 'sockets overlapped']);
});

test('the same seed plans the same campaign, another one another', () => {
  assert.deepEqual(planCampaign(7, 50, CAST, true), planCampaign(7, 50, CAST, true));
  assert.notDeepEqual(planCampaign(7, 50, CAST, true), planCampaign(8, 50, CAST, true));
});

test('a plan kills everything there is, and names points only to gateways that are started', () => {
  const rounds = planCampaign(7, 200, CAST, true);
  const kinds = new Set(rounds.map(({ kill }) => describeKill(kill).split(':')[0]));
  assert.equal(kinds.size, 3 + 11, [...kinds].join());
  for (const [index, { kill }] of rounds.entries()) {
    const isAfterPostgres = rounds[index - 1]?.kill.what === 'postgres';
    assert.ok(!isAfterPostgres || kill.what !== 'point');
  }
  const mine = planCampaign(7, 200, CAST, false).map(({ kill }) => kill.what);
  assert.deepEqual([...new Set(mine)].toSorted(), ['gateway', 'point']);
});
