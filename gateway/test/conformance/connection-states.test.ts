import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Boom } from '@hapi/boom';
import {
  BAN_REASONS,
  CONNECTION_STATES,
  type CloseReason,
} from '../../src/domain/connection-state.ts';
import { stepSession } from '../../src/sessions/session-machine.ts';
import { IDLE_SESSION, type SessionModel } from '../../src/sessions/session-model.ts';
import { connectionEndOf, REASONS_BY_NUMBER } from '../../src/whatsapp/close-reason.ts';

// `docs/connection-states.md` is written by the code it describes. UPDATE_DOCS=1 writes it anew.

const FILE = join(import.meta.dirname, '../../../docs/connection-states.md');

const LOST =
  'tries again after up to 1 s, 2 s, 4 s ... 60 s (full jitter); five minutes of connection make earlier failures forgotten';
const REFUSED =
  'stops; the credentials are kept for 24 hours, then deleted; somebody may connect again meanwhile, once a minute';

/** What the gateway does after each end, in words; the state beside it is computed. */
const WHAT_FOLLOWS: Readonly<Record<Exclude<CloseReason, 'asked'>, string>> = {
  restart_required: 'connects again at once; not counted as a failure',
  lost: LOST,
  unreachable: LOST,
  link_expired: 'stops; a new QR code only when somebody asks',
  logged_out: 'stops; the credentials are deleted; the queue is kept until it expires',
  link_again: 'stops; the credentials are given up when somebody asks for a new QR code',
  replaced: 'one try after 30 to 40 s; the third time within ten minutes: stops as `conflict`',
  locked: REFUSED,
  banned: REFUSED,
  temporarily_banned:
    'pauses until the ban is over and up to ten minutes more, whoever asks, also over restarts; an hour where WhatsApp does not say how long',
  outdated:
    'all new connections of the process pause, for a minute first and for half an hour at most; then single trials, until WhatsApp lets one in; logged as an error, shown by `/health/ready` and `tickwire_connects_held`',
  untrusted: 'tries again after 5 to 10 minutes; nothing was sent',
  server_error: 'tries again after 5 s, 10 s, 20 s ... 5 minutes',
  unexplained:
    'tries again as after a lost connection; the fifth time with no connection in between: `needs_attention`, and every 15 to 30 minutes; the credentials are never deleted',
};

function openingSession(): SessionModel {
  const wanted = stepSession(IDLE_SESSION, { type: 'wanted' }, 0, 0).model;
  return stepSession(wanted, { type: 'turn' }, 0, 0).model;
}

/** The state of a session whose connection ended so, and the reason the number stands for. */
function outcomeOf(error: Boom, wasOpen = true): { reason: CloseReason; state: string } {
  const end = connectionEndOf(error, wasOpen);
  return {
    reason: end.reason,
    state: stepSession(openingSession(), { type: 'closed', end }, 0, 0).model.state,
  };
}

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function endsTable(): string[] {
  const numbered = [...REASONS_BY_NUMBER.keys()].map(
    (number) => [String(number), new Boom('Connection Failure', { statusCode: number })] as const,
  );
  const others = [
    ['any other', new Boom('Connection Failure', { statusCode: 499 })],
    ['`device_removed`', removed()],
    ['QR codes used up', new Boom('QR refs attempts ended', { statusCode: 408 })],
    ['a signature does not verify', new Boom('certification match failed')],
  ] as const;
  const ends = [...numbered, ...others].map(([name, error]) => ({ name, ...outcomeOf(error) }));
  const unreached = outcomeOf(new Boom('WebSocket Error', { statusCode: 408 }), false);
  ends.push({ name: 'no connection at all', ...unreached });
  const seen = new Set(ends.map(({ reason }) => reason));
  assert.deepEqual([...seen].toSorted(), Object.keys(WHAT_FOLLOWS).toSorted(), 'every reason');
  return ends.map(({ name, reason, state }) => {
    assert.ok(reason !== 'asked');
    return row(name, `\`${state}\``, WHAT_FOLLOWS[reason]);
  });
}

function removed(): Boom {
  const data = { tag: 'conflict', attrs: { type: 'device_removed' } };
  return new Boom('Stream Errored (conflict)', { statusCode: 440, data });
}

function page(): string {
  return [
    '# How a service stands with WhatsApp',
    '',
    'Written by `gateway/test/conformance/connection-states.test.ts` from the code; change it there.',
    '',
    '`GET /admin/services` shows the code as `connection`, `serviceSettings` the sentence.',
    '',
    row('code', 'sentence'),
    row('---', '---'),
    ...Object.entries(CONNECTION_STATES).map(([code, sentence]) => row(`\`${code}\``, sentence)),
    '',
    '## What follows when WhatsApp ends a connection',
    '',
    'The number is that of `<failure reason>` or `<stream:error code>`, or of Baileys.',
    '',
    row('number', 'shown as', 'what the gateway does'),
    row('---', '---', '---'),
    ...endsTable(),
    '',
    'A connection that stands and says nothing but pings is asked a question of its own after five',
    'minutes, or after five seconds if a message is not acknowledged; without an answer within 15 s it',
    'is dropped and made again. One that is silent for 45 s is dropped at once.',
    '',
    'New connections to WhatsApp are made one after the other, at most five a second in a process, and',
    'those that a person waits for first.',
    '',
    '## Why WhatsApp bans for a while',
    '',
    row('code', 'reason'),
    row('---', '---'),
    ...Object.entries(BAN_REASONS).map(([code, reason]) => row(code, reason)),
    '',
  ].join('\n');
}

test('the page about connection states says what the code does', () => {
  const expected = page();
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, expected);
  assert.equal(readFileSync(FILE, 'utf8'), expected, 'UPDATE_DOCS=1 npm test -- connection-states');
});
