import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ATTEMPTS_MAX,
  isHopeless,
  isPoison,
  stepMessage,
  type MessageEvent,
  type MessageLife,
} from './message-life.ts';
import type { MessageState } from './message-state.ts';

const NEW: MessageLife = {
  state: 'accepted',
  failure: null,
  attempts: 0,
  crashes: 0,
  wasClaimed: false,
  inDoubtSinceMs: null,
  dueAtMs: 1000,
  expiresAtMs: 5000,
  isScheduled: true,
};

const TICKS: readonly MessageState[] = ['server', 'phone', 'read'];
const ENDS: readonly MessageState[] = ['failed', 'expired', 'cancelled'];

const anyTick = fc.constantFrom('server' as const, 'phone' as const, 'read' as const);
const anyEvent: fc.Arbitrary<MessageEvent> = fc.oneof(
  fc.constantFrom<MessageEvent>(
    { type: 'fetched' },
    { type: 'fetch-failed', reason: 'x' },
    { type: 'shown-as-queued' },
    { type: 'claimed' },
    { type: 'claimed' },
    { type: 'held' },
    { type: 'freed' },
    { type: 'chosen' },
    { type: 'claimed-again' },
    { type: 'returned' },
    { type: 'postponed', delayMs: 700 },
    { type: 'given-up', reason: 'unknown_outcome' },
    { type: 'refused', reason: 'too_fast' },
    { type: 'owner-died' },
    { type: 'survived' },
    { type: 'expired' },
    { type: 'cancelled' },
    { type: 'queue-emptied' },
    { type: 'resent', expiresAtMs: 9000, mustFetch: false },
  ),
  anyTick.map((tick) => ({ type: 'ticked', tick }) as const),
);
/** What happens, and how long after the last thing. */
const anyStory = fc.array(fc.tuple(anyEvent, fc.nat({ max: 900 })), { maxLength: 25 });

/** Lives through a story, and looks at each step of it. */
function live(
  story: readonly (readonly [MessageEvent, number])[],
  look: (before: MessageLife, event: MessageEvent, after: MessageLife, nowMs: number) => void,
): void {
  let life: MessageLife = NEW;
  let nowMs = 0;
  for (const [event, passedMs] of story) {
    nowMs += passedMs;
    const next = stepMessage(life, event, nowMs);
    look(life, event, next, nowMs);
    life = next;
  }
}

const liveAll = (life: MessageLife, events: readonly MessageEvent[]): MessageLife =>
  events.reduce((before, event) => stepMessage(before, event, 3000), life);

test('a tick never falls, and only a higher tick follows it', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      live(story, (before, _event, after) => {
        const rank = TICKS.indexOf(before.state);
        if (rank >= 0) assert.ok(TICKS.indexOf(after.state) >= rank);
      });
    }),
  );
});

test('nothing is claimed before its time or after its expiry', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      live(story, (before, event, after, nowMs) => {
        if (!['claimed', 'chosen'].includes(event.type) || after === before) return;
        assert.ok(before.dueAtMs <= nowMs);
        assert.ok(before.expiresAtMs === null || nowMs < before.expiresAtMs);
      });
    }),
  );
});

test('what WhatsApp may have is neither cancelled nor expires, and never ends without a reason', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      live(story, (before, _event, after) => {
        if (before.state === 'sending') {
          assert.ok(after.state !== 'cancelled' && after.state !== 'expired');
        }
        assert.equal(after.state === 'failed', after.failure !== null);
      });
    }),
  );
});

test('an end is left by a tick or by hand only', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      live(story, (before, event, after) => {
        if (!ENDS.includes(before.state) || after === before) return;
        assert.ok(event.type === 'ticked' || event.type === 'resent', event.type);
      });
    }),
  );
});

test('what is impossible changes nothing at all', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      live(story, (before, _event, after) => {
        if (after !== before) assert.notDeepEqual(after, before);
      });
    }),
  );
});

test('answers in whatever order lead to the same end', () => {
  const sent = stepMessage({ ...NEW, expiresAtMs: null }, { type: 'claimed' }, 2000);
  const anyAnswer = fc.oneof(
    anyTick.map((tick): MessageEvent => ({ type: 'ticked', tick })),
    fc.constant<MessageEvent>({ type: 'refused', reason: 'too_fast' }),
  );
  fc.assert(
    fc.property(
      fc
        .array(anyAnswer, { minLength: 1, maxLength: 6 })
        .chain((told) =>
          fc.tuple(fc.constant(told), fc.shuffledSubarray(told, { minLength: told.length })),
        ),
      ([told, shuffled]) => {
        assert.deepEqual(liveAll(sent, shuffled), liveAll(sent, told));
      },
    ),
  );
});

test('given up for good only after an hour and more than four attempts; poison at the third crash', () => {
  const hourMs = 3_600_000;
  assert.equal(isHopeless(ATTEMPTS_MAX + 1, hourMs + 1), true);
  assert.equal(isHopeless(ATTEMPTS_MAX, hourMs * 100), false);
  assert.equal(isHopeless(1000, hourMs), false);
  assert.deepEqual([2, 3].map(isPoison), [false, true]);
});
