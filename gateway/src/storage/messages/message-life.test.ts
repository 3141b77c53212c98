import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { messageId, newWhatsAppId, type MessageId, type WhatsAppId } from '../../domain/ids.ts';
import { stepMessage, type MessageEvent, type MessageLife } from '../../domain/message-life.ts';
import { MESSAGE_STATES, type Tick } from '../../domain/message-state.ts';
import { leaseOf, openTestDatabase, storeService } from '../../../test/harness/stored-service.ts';
import { recordFetched, recordFetchFailed } from '../media/record-fetch.ts';
import { holdStrangers } from '../pacing/candidates.ts';
import { claimChosen } from '../pacing/claim-chosen.ts';
import { beginFollowing, endFollowing } from '../pacing/follow.ts';
import { insertReceived } from '../received/insert-received.ts';
import { cancelMessage } from './cancel-message.ts';
import { cancelWaitingMessages } from './cancel-waiting-messages.ts';
import { claimDoubts } from './claim-doubts.ts';
import { claimDueMessages } from './claim-due-messages.ts';
import { clearSuspect } from './clear-suspect.ts';
import { expireMessages } from './expire-messages.ts';
import { failMessage } from './fail-message.ts';
import { postponeMessage } from './postpone-message.ts';
import { queueWaitingMessages } from './queue-waiting-messages.ts';
import { recordAnswers } from './record-answers.ts';
import { resendMessage } from './resend-message.ts';
import { returnToQueue } from './return-to-queue.ts';

// Every statement that moves a message does exactly what the pure function says, for every state
// that a message can be in: 320 rows an event, compared one by one.

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;
const { pool } = database;

const HOUR_MS = 3_600_000;
/** Far enough away that the minutes of a test do not matter, and PostgreSQL's own. */
const nowMs = Math.floor(Date.now() / 1000) * 1000;

/** Every state with every fact that a transition may depend on. */
function everyLife(): MessageLife[] {
  const lives: MessageLife[] = [];
  for (const state of MESSAGE_STATES) {
    for (const dueInMs of [-HOUR_MS, HOUR_MS]) {
      for (const expiresInMs of [null, -HOUR_MS / 2, 2 * HOUR_MS]) {
        for (const isScheduled of [false, true]) {
          for (const wasClaimed of [false, true]) {
            // What is being sent, or was, was claimed.
            if (!wasClaimed && ['sending', 'server', 'phone', 'read'].includes(state)) continue;
            lives.push({
              state,
              failure: state === 'failed' ? 'before' : null,
              attempts: wasClaimed ? 2 : 0,
              crashes: wasClaimed ? 1 : 0,
              wasClaimed,
              inDoubtSinceMs: wasClaimed ? nowMs - 2 * HOUR_MS : null,
              dueAtMs: nowMs + dueInMs,
              expiresAtMs: expiresInMs === null ? null : nowMs + expiresInMs,
              isScheduled,
            });
          }
        }
      }
    }
  }
  return lives;
}

interface StoredLife {
  readonly id: MessageId;
  readonly whatsAppId: WhatsAppId;
  readonly life: MessageLife;
}

const INSERT = `
  INSERT INTO messages (service_id, whatsapp_id, chat, text, media_id, state, failure, attempts,
    crashes, executed_at, doubt_since, due_at, expires_at, is_scheduled)
  SELECT $1, whatsapp_id, '447400000002', 'text', $2, state, failure, attempts, crashes,
    to_timestamp(since_ms / 1000.0), to_timestamp(since_ms / 1000.0), to_timestamp(due_ms / 1000.0),
    to_timestamp(expires_ms / 1000.0), is_scheduled
  FROM unnest($3::text[], $4::message_state[], $5::text[], $6::int[], $7::int[], $8::bigint[],
              $9::bigint[], $10::bigint[], $11::boolean[])
    AS row(whatsapp_id, state, failure, attempts, crashes, since_ms, due_ms, expires_ms,
           is_scheduled)
  RETURNING id, whatsapp_id`;

const READ = `
  SELECT id, state, failure, attempts, crashes, executed_at IS NOT NULL AS "wasClaimed",
    (extract(epoch FROM doubt_since) * 1000)::float8 AS "inDoubtSinceMs",
    (extract(epoch FROM due_at) * 1000)::float8 AS "dueAtMs",
    (extract(epoch FROM expires_at) * 1000)::float8 AS "expiresAtMs",
    is_scheduled AS "isScheduled"
  FROM messages WHERE service_id = $1`;

/** What a statement is given besides the rows. */
interface Scene {
  readonly serviceId: Awaited<ReturnType<typeof storeService>>;
  readonly mediaId: number;
  readonly rows: readonly StoredLife[];
}

async function storeEveryLife(mediaState: string, link: string): Promise<Scene> {
  const serviceId = await storeService(database);
  const { rows: media } = await pool.query<{ id: number }>(
    'INSERT INTO media (service_id, state, link) VALUES ($1, $2, $3) RETURNING id',
    [serviceId, mediaState, link],
  );
  const mediaId = media[0]?.id ?? 0;
  const lives = everyLife().map((life) => ({ life, whatsAppId: newWhatsAppId(randomBytes) }));
  const column = <Value>(read: (life: MessageLife) => Value): Value[] =>
    lives.map(({ life }) => read(life));
  const { rows } = await pool.query<{ id: number; whatsapp_id: WhatsAppId }>(INSERT, [
    serviceId,
    mediaId,
    lives.map(({ whatsAppId }) => whatsAppId),
    column((life) => life.state),
    column((life) => life.failure),
    column((life) => life.attempts),
    column((life) => life.crashes),
    column((life) => life.inDoubtSinceMs),
    column((life) => life.dueAtMs),
    column((life) => life.expiresAtMs),
    column((life) => life.isScheduled),
  ]);
  const ids = new Map(rows.map((row) => [row.whatsapp_id, messageId(row.id)]));
  return {
    serviceId,
    mediaId,
    rows: lives.map((stored) => ({ ...stored, id: ids.get(stored.whatsAppId) ?? messageId(0) })),
  };
}

/** A time that a statement sets to now, or relative to now, is only known to some minutes. */
function coarse(life: MessageLife): MessageLife {
  return {
    ...life,
    dueAtMs: coarseTime(life.dueAtMs) ?? 0,
    expiresAtMs: coarseTime(life.expiresAtMs),
    inDoubtSinceMs: coarseTime(life.inDoubtSinceMs),
  };
}

function coarseTime(atMs: number | null): number | null {
  return atMs === null ? null : Math.round((atMs - nowMs) / 300_000);
}

interface Case {
  readonly statement: string;
  readonly event: MessageEvent;
  readonly run: (scene: Scene) => Promise<unknown>;
  readonly media?: { readonly state: string; readonly link: string };
}

const eachId =
  (work: (scene: Scene, row: StoredLife) => Promise<unknown>) =>
  async (scene: Scene): Promise<void> => {
    for (const row of scene.rows) await work(scene, row);
  };

const ATTACHED = { spoolName: 'x', kind: 'image', mimetype: 'image/png', fileName: '', bytes: 1 };

const HEARD = {
  whatsAppId: '3EB0',
  groupId: '',
  fromPhone: '447400000002',
  fromLid: null,
  type: 'chat',
  text: 'yes?',
  sentAtMs: nowMs,
  file: null,
};

const CHOSEN = {
  atMs: nowMs,
  isOpening: true,
  textPrint: null,
  chatPaidUntilMs: nowMs,
  nextAtMs: nowMs,
  nextOpeningAtMs: 0,
};

const answers = (verdict: Tick | 'refused') => (scene: Scene) =>
  recordAnswers(
    pool,
    scene.rows.map(({ whatsAppId }) => ({
      lease: leaseOf(scene.serviceId),
      whatsAppId,
      tick: verdict === 'refused' ? null : verdict,
      serverAtMs: verdict === 'server' ? nowMs : null,
      phoneAtMs: verdict === 'phone' ? nowMs : null,
      readAtMs: verdict === 'read' ? nowMs : null,
      refusal: verdict === 'refused' ? 'account_restricted' : null,
    })),
  );

const CASES: readonly Case[] = [
  {
    statement: 'record-fetch (fetched)',
    event: { type: 'fetched' },
    media: { state: 'fetching', link: 'https://example.com/a' },
    run: ({ serviceId, mediaId }) =>
      recordFetched(pool, serviceId, mediaId as never, ATTACHED as never),
  },
  {
    statement: 'record-fetch (failed)',
    event: { type: 'fetch-failed', reason: 'link_unreachable' },
    media: { state: 'fetching', link: 'https://example.com/a' },
    run: ({ serviceId, mediaId }) =>
      recordFetchFailed(pool, serviceId, mediaId as never, 'link_unreachable'),
  },
  {
    statement: 'queue-waiting-messages',
    event: { type: 'shown-as-queued' },
    run: ({ serviceId }) => queueWaitingMessages(database, serviceId),
  },
  {
    statement: 'claim-due-messages',
    event: { type: 'claimed' },
    run: ({ serviceId }) =>
      claimDueMessages(pool, leaseOf(serviceId), { count: 999, urgentFirst: 9 }),
  },
  {
    statement: 'hold-strangers',
    event: { type: 'held' },
    run: ({ serviceId }) => holdStrangers(pool, leaseOf(serviceId), 999, 60),
  },
  {
    statement: 'follow (ended)',
    event: { type: 'freed' },
    run: ({ serviceId }) => endFollowing(database, serviceId),
  },
  {
    statement: 'insert-received, from their chat',
    event: { type: 'freed' },
    async run({ serviceId }) {
      await beginFollowing(database, serviceId, '447400000001');
      await insertReceived(pool, [{ ...HEARD, lease: leaseOf(serviceId) }]);
    },
  },
  {
    statement: 'claim-chosen',
    event: { type: 'chosen' },
    // Each in a chat of its own: choosing one frees its chat.
    async run(scene) {
      await pool.query('UPDATE messages SET chat = id::text WHERE service_id = $1', [
        scene.serviceId,
      ]);
      await eachId(({ serviceId }, { id }) =>
        claimChosen(pool, leaseOf(serviceId), { ...CHOSEN, id }),
      )(scene);
    },
  },
  {
    statement: 'claim-doubts',
    event: { type: 'claimed-again' },
    // One at a time, because all of them are suspects.
    run: async ({ serviceId }) => {
      const taken: WhatsAppId[] = [];
      for (;;) {
        const { messages, hasMore } = await claimDoubts(pool, leaseOf(serviceId), taken);
        assert.equal(messages.length, 1);
        taken.push(...messages.map((message) => message.whatsAppId));
        if (!hasMore) return;
      }
    },
  },
  {
    statement: 'return-to-queue',
    event: { type: 'returned' },
    run: ({ serviceId, rows }) =>
      returnToQueue(
        pool,
        leaseOf(serviceId),
        rows.map((row) => row.id),
      ),
  },
  {
    statement: 'postpone-message',
    event: { type: 'postponed', delayMs: 3 * HOUR_MS },
    run: eachId(({ serviceId }, { id }) =>
      postponeMessage(pool, leaseOf(serviceId), id, 3 * HOUR_MS),
    ),
  },
  {
    statement: 'clear-suspect',
    event: { type: 'survived' },
    run: eachId(({ serviceId }, { id }) => clearSuspect(pool, leaseOf(serviceId), id)),
  },
  {
    statement: 'fail-message',
    event: { type: 'given-up', reason: 'unknown_outcome' },
    run: eachId(({ serviceId }, { id }) =>
      failMessage(pool, leaseOf(serviceId), id, 'unknown_outcome'),
    ),
  },
  ...(['server', 'phone', 'read'] as const).map((tick) => ({
    statement: `record-answers (${tick})`,
    event: { type: 'ticked', tick } as const,
    run: answers(tick),
  })),
  {
    statement: 'record-answers (refused)',
    event: { type: 'refused', reason: 'account_restricted' },
    run: answers('refused'),
  },
  {
    statement: 'expire-messages',
    event: { type: 'expired' },
    run: () => expireMessages(pool, 10_000),
  },
  {
    statement: 'cancel-message',
    event: { type: 'cancelled' },
    run: eachId(({ serviceId }, { id }) => cancelMessage(database, serviceId, id)),
  },
  {
    statement: 'cancel-waiting-messages',
    event: { type: 'queue-emptied' },
    run: ({ serviceId }) => cancelWaitingMessages(database, serviceId),
  },
  {
    statement: 'resend-message',
    event: { type: 'resent', expiresAtMs: nowMs + 9 * HOUR_MS, mustFetch: false },
    run: eachId(({ serviceId }, { id }) => resendMessage(pool, serviceId, id, nowMs + 9 * HOUR_MS)),
  },
  {
    statement: 'resend-message (its file is gone, the link is known)',
    event: { type: 'resent', expiresAtMs: null, mustFetch: true },
    media: { state: 'removed', link: 'https://example.com/a' },
    run: eachId(({ serviceId }, { id }) => resendMessage(pool, serviceId, id, null)),
  },
];

for (const { statement, event, run, media } of CASES) {
  test(`${statement} moves a message as the model says, from every state`, async () => {
    const scene = await storeEveryLife(media?.state ?? 'ready', media?.link ?? '');
    await run(scene);
    const { rows } = await pool.query<MessageLife & { id: MessageId }>(READ, [scene.serviceId]);
    const now = new Map(rows.map(({ id, ...life }) => [id, life]));
    let movedCount = 0;
    for (const { id, life } of scene.rows) {
      const expected = stepMessage(life, event, nowMs);
      const found = now.get(id);
      assert.ok(found !== undefined);
      assert.deepEqual(coarse(found), coarse(expected), `from ${JSON.stringify(life)}`);
      if (expected !== life) movedCount += 1;
    }
    assert.ok(movedCount > 0 && movedCount < scene.rows.length, `${movedCount} moved`);
  });
}

test('an upload that is gone can not be sent again; what has not ended is left alone', async () => {
  const { serviceId, rows } = await storeEveryLife('removed', '');
  for (const { id, life } of rows) {
    const hasEnded = life.state === 'failed' || life.state === 'expired';
    const outcome = await resendMessage(pool, serviceId, id, null);
    assert.equal(outcome, hasEnded ? 'file_gone' : 'not_ended');
  }
});
