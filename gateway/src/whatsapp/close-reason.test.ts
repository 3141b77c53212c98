import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Boom } from '@hapi/boom';
import { connectionEndOf, rawReasonOf } from './close-reason.ts';

const ended = (text: string, statusCode: number, data?: unknown): Boom =>
  new Boom(text, { statusCode, data });

const conflict = (type: string): unknown => ({ tag: 'conflict', attrs: { type } });

test('each way a connection ends has its reason', () => {
  const reasons = [
    [ended('Stream Errored (restart required)', 515), 'restart_required'],
    [ended('Stream Errored (conflict)', 401, conflict('device_removed')), 'logged_out'],
    [ended('Stream Errored (conflict)', 440, conflict('device_removed')), 'logged_out'],
    [ended('Stream Errored (conflict)', 440, conflict('replaced')), 'replaced'],
    [ended('Stream Errored (conflict)', 401, conflict('replaced')), 'replaced'],
    [ended('Stream Errored (conflict)', 440), 'replaced'],
    [ended('Connection Failure', 401), 'logged_out'],
    [ended('Connection Failure', 403), 'locked'],
    [ended('Connection Failure', 406), 'banned'],
    [ended('Connection Failure', 405), 'outdated'],
    [ended('Connection Failure', 409), 'outdated'],
    [ended('Multi-device beta not joined', 411), 'link_again'],
    [ended('Stream Errored (ack)', 500), 'unexplained'],
    [ended('Stream Errored (unknown)', 516), 'unexplained'],
    [ended('Connection Failure', 418), 'unexplained'],
    [ended('Connection Failure', 501), 'server_error'],
    [ended('Connection Failure', 503), 'server_error'],
    [ended('Connection was lost', 408), 'lost'],
    [ended('Connection Terminated', 428), 'lost'],
    [ended('QR refs attempts ended', 408), 'link_expired'],
    [ended('noise intermediate certificate signature invalid', 400), 'untrusted'],
    [ended('noise certificate signature invalid', 400), 'untrusted'],
    [ended('certification match failed', 400), 'untrusted'],
    [ended('Failed to verify account signature', 500), 'untrusted'],
    [new Error('something else'), 'lost'],
    [undefined, 'lost'],
  ] as const;
  for (const [error, reason] of reasons) {
    assert.equal(connectionEndOf(error, true).reason, reason, error?.message ?? 'no error');
  }
});

test('before the socket was open, a lost connection is an unreachable server', () => {
  assert.equal(connectionEndOf(ended('WebSocket Error ()', 408), false).reason, 'unreachable');
});

test('a number of HTTP or of the network never means what it means in a login', () => {
  for (const number of [401, 403, 405, 500]) {
    const text = `WebSocket Error (Unexpected server response: ${number})`;
    assert.equal(connectionEndOf(ended(text, number), false).reason, 'unreachable');
  }
});

const banOf = (data: unknown) => connectionEndOf(ended('Connection Failure', 402, data), true);

test('a ban for a while tells why and how long', () => {
  assert.deepEqual(banOf({ reason: '402', code: '101', expire: '3600' }), {
    reason: 'temporarily_banned',
    detail:
      'too many messages to people who do not have this number among their contacts, code 101',
    banMs: 3_600_000,
  });
  assert.deepEqual(banOf({ reason: '402', code: '199', expire: 'soon' }), {
    reason: 'temporarily_banned',
    detail: 'code 199',
    banMs: null,
  });
  assert.deepEqual(banOf(undefined), { reason: 'temporarily_banned', detail: '', banMs: null });
});

test('what WhatsApp said last is logged without numbers of people', () => {
  const node = { tag: 'weird', attrs: { jid: '447400000001@s.whatsapp.net', type: 'x' } };
  assert.equal(
    rawReasonOf(ended('Stream Errored (weird)', 500, node)),
    '{"tag":"weird","jid":"...@s.whatsapp.net","type":"x"}',
  );
  assert.equal(
    rawReasonOf(ended('Connection Failure', 418, { reason: '418' })),
    '{"reason":"418"}',
  );
  assert.equal(rawReasonOf(new Error('lost')), '');
});
