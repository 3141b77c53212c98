import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Boom } from '@hapi/boom';
import { closeReasonOf } from './close-reason.ts';

const ended = (text: string, statusCode: number): Boom => new Boom(text, { statusCode });

test('each way a connection ends has its reason', () => {
  const reasons = [
    [ended('Stream Errored (restart required)', 515), 'restart_required'],
    [ended('Stream Errored (conflict)', 401), 'logged_out'],
    [ended('Stream Errored (conflict)', 440), 'replaced'],
    [ended('Connection Failure', 403), 'refused'],
    [ended('Connection Failure', 402), 'refused'],
    [ended('Connection Failure', 406), 'refused'],
    [ended('Connection Failure', 405), 'outdated'],
    [ended('Stream Errored (ack)', 500), 'server_error'],
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
    assert.equal(closeReasonOf(error, true, true), reason, error?.message ?? 'no error');
  }
});

test('before the socket was open, a lost connection is an unreachable server', () => {
  assert.equal(closeReasonOf(ended('WebSocket Error ()', 408), false, true), 'unreachable');
});

test('an account of the old kind is logged out when linked, refused when not', () => {
  assert.equal(closeReasonOf(ended('x', 411), true, true), 'logged_out');
  assert.equal(closeReasonOf(ended('x', 411), true, false), 'refused');
});
