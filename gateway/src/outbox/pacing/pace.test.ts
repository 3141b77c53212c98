import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Candidate, Pace } from '../../domain/pace.ts';
import { SAFE_PACING, type PacingSettings } from '../../domain/pacing.ts';
import {
  afterCapAnswer,
  afterRestriction,
  afterSending,
  afterTooFast,
  chooseNext,
  freshPace,
  isCapDue,
  newChatsPerDay,
  slowdownAt,
} from './pace.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);

interface Sent {
  readonly atMs: number;
  readonly chat: string;
  readonly isNew: boolean;
}

/** An account with everything that storage keeps about it, driven by hand. */
class Account {
  nowMs = START;
  pace: Pace;
  readonly settings: PacingSettings;
  readonly sent: Sent[] = [];
  readonly received: { chat: string; atMs: number }[] = [];
  readonly #paidUntilMs = new Map<string, number>();

  constructor(settings: Partial<PacingSettings> = {}, ageMs = 0) {
    this.settings = { ...SAFE_PACING, ...settings };
    this.pace = freshPace(START - ageMs);
  }

  candidate(chat: string, textPrint: string | null = null): Candidate {
    return {
      chat,
      isGroup: chat.startsWith('group'),
      textPrint,
      lastSentAtMs: this.sent.findLast((it) => it.chat === chat)?.atMs ?? null,
      lastReceivedAtMs: this.received.findLast((it) => it.chat === chat)?.atMs ?? null,
      chatPaidUntilMs: this.#paidUntilMs.get(chat) ?? 0,
    };
  }

  choose(chats: readonly string[]) {
    const candidates = chats.map((chat) => this.candidate(chat));
    return chooseNext(this.pace, this.settings, candidates, this.nowMs);
  }

  /** Sends the first of these that may go now. @returns its chat, or null */
  trySending(chats: readonly string[], fraction = 0.5, textPrint: string | null = null) {
    const candidates = chats.map((chat) => this.candidate(chat, textPrint));
    const { next } = chooseNext(this.pace, this.settings, candidates, this.nowMs);
    if (next === null) return null;
    const step = afterSending(this.pace, this.settings, next, this.nowMs, fraction);
    this.pace = step.pace;
    this.#paidUntilMs.set(next.chat, step.chatPaidUntilMs);
    this.sent.push({ atMs: this.nowMs, chat: next.chat, isNew: step.isOpening });
    return next.chat;
  }

  /** Waits as long as it is told. @returns false when nothing will ever go by itself */
  wait(chats: readonly string[]): boolean {
    const choice = this.choose(chats);
    if (choice.next !== null) return true;
    if (choice.untilMs === Infinity) return false;
    assert.ok(choice.untilMs > this.nowMs, 'time goes on');
    this.nowMs = choice.untilMs;
    return true;
  }

  /** Sends one after the other, waiting as told, until so many are sent. */
  sendAll(chats: readonly string[]): void {
    for (const chat of chats) {
      while (this.trySending([chat]) === null) assert.ok(this.wait([chat]));
    }
  }
}

/** The most of these that lie within any window of this length. */
function mostWithin(times: readonly number[], windowMs: number): number {
  return Math.max(
    0,
    ...times.map((fromMs) => times.filter((it) => it >= fromMs && it < fromMs + windowMs).length),
  );
}

const strangers = (count: number) => Array.from({ length: count }, (_, index) => `new ${index}`);

describe('whatever happens in whatever order', () => {
  const chat = fc.constantFrom(...strangers(12), 'group 1', 'group 2');
  const chats = fc.array(chat, { minLength: 1, maxLength: 8 });
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('send'), chats }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('wait as told, and send'), chats }) },
    fc.record({ type: fc.constant('pass'), ms: fc.nat(3 * HOUR) }),
    fc.record({ type: fc.constant('receive'), chat }),
    fc.record({ type: fc.constantFrom('restricted', 'too fast') }),
  );
  const settings = fc
    .record({
      gapSecondsMin: fc.nat(5),
      gapExtra: fc.nat(20),
      chatGapSeconds: fc.nat(60),
      chatBurst: fc.integer({ min: 1, max: 4 }),
      newChatsPerHour: fc.integer({ min: 0, max: 4 }),
      newChatsPerDay: fc.integer({ min: 0, max: 8 }),
      warmUpNewChatsPerDay: fc.integer({ min: 0, max: 8 }),
      warmUpDays: fc.nat(3),
      restrictionHours: fc.nat(4),
      replyHours: fc.nat(3),
    })
    .map(({ gapExtra, ...rest }) => ({ ...rest, gapSecondsMax: rest.gapSecondsMin + gapExtra }));

  interface Run {
    readonly account: Account;
    readonly pauses: { fromMs: number; untilMs: number; isForNewOnly: boolean }[];
  }

  function run(own: Partial<PacingSettings>, events: unknown[], fractions: () => number): Run {
    const account = new Account(own);
    const pauses: Run['pauses'] = [];
    const pause = (pace: Pace, isForNewOnly: boolean): void => {
      account.pace = pace;
      const untilMs = isForNewOnly ? pace.newChatsPausedUntilMs : pace.pausedUntilMs;
      pauses.push({ fromMs: account.nowMs, untilMs, isForNewOnly });
    };
    for (const one of events as { type: string; chats: string[]; chat: string; ms: number }[]) {
      const { nowMs, pace, settings: rules } = account;
      if (one.type === 'wait as told, and send') account.wait(one.chats);
      if (one.type === 'send' || one.type === 'wait as told, and send') {
        account.trySending(one.chats, fractions());
      } else if (one.type === 'pass') account.nowMs += one.ms;
      else if (one.type === 'receive') account.received.push({ chat: one.chat, atMs: nowMs });
      else if (one.type === 'restricted') pause(afterRestriction(pace, rules, nowMs), true);
      else pause(afterTooFast(pace, rules, nowMs), false);
    }
    return { account, pauses };
  }

  const check = (holds: (outcome: Run) => void): void => {
    const inputs = [settings, fc.array(event, { maxLength: 120 }), fc.infiniteStream(fraction)];
    const property = fc.property(...(inputs as [typeof settings, never, never]), (own, ...rest) => {
      const [events, stream] = rest as unknown as [unknown[], Iterator<number>];
      holds(run(own, events, () => Number(stream.next().value)));
    });
    fc.assert(property, { numRuns: 300 });
  };
  const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test('new chats never exceed the hour, nor the day at the account’s age', () => {
    check(({ account }) => {
      const opened = account.sent.filter((it) => it.isNew).map((it) => it.atMs);
      assert.ok(mostWithin(opened, HOUR) <= account.settings.newChatsPerHour);
      for (const atMs of opened) {
        const day = opened.filter((it) => it <= atMs && it > atMs - DAY).length;
        assert.ok(day <= newChatsPerDay(account.pace, account.settings, atMs));
      }
    });
  });

  test('a chat gets its burst and then its share, never more', () => {
    check(({ account }) => {
      const { chatBurst, chatGapSeconds } = account.settings;
      for (const name of new Set(account.sent.map((it) => it.chat))) {
        const times = account.sent.filter((it) => it.chat === name).map((it) => it.atMs);
        for (const windowMs of [0, 30 * SECOND, 90 * SECOND, 600 * SECOND]) {
          const share = chatGapSeconds === 0 ? Infinity : windowMs / (chatGapSeconds * SECOND);
          assert.ok(mostWithin(times, windowMs) <= chatBurst + share);
        }
      }
    });
  });

  test('two messages are never closer than the shortest rest', () => {
    check(({ account }) => {
      for (const [index, { atMs }] of account.sent.slice(1).entries()) {
        const beforeMs = account.sent[index]?.atMs ?? 0;
        assert.ok(atMs - beforeMs >= account.settings.gapSecondsMin * SECOND);
      }
    });
  });

  test('nothing goes while it is paused', () => {
    check(({ account, pauses }) => {
      for (const { fromMs, untilMs, isForNewOnly } of pauses) {
        // What went in the very millisecond went before.
        const within = account.sent.filter(({ atMs }) => atMs > fromMs && atMs < untilMs);
        assert.deepEqual(isForNewOnly ? within.filter((it) => it.isNew) : within, []);
      }
    });
  });

  test('asked earlier than it said, it says no again; waiting as told ends soon', () => {
    const inputs = [settings, fc.array(event, { maxLength: 60 }), chats, fraction] as const;
    fc.assert(
      fc.property(...inputs, (own, events, waiting, part) => {
        const { account } = run(own, events, () => part);
        const choice = account.choose(waiting);
        if (choice.next !== null) return;
        const startMs = account.nowMs;
        const untilMs = Math.min(choice.untilMs, startMs + 30 * DAY);
        account.nowMs = startMs + Math.floor((untilMs - startMs) * part);
        if (account.nowMs >= choice.untilMs) return;
        const again = account.choose(waiting);
        // Only a reply that becomes too old may make it later.
        assert.ok(again.next === null && again.untilMs >= choice.untilMs);
        if (account.received.length > 0) return;
        // The account's rest is told first, then what holds the chat, then a full hour or day.
        for (let asked = 0; asked < 5; asked += 1) if (!account.wait(waiting)) return;
        assert.notEqual(account.choose(waiting).next, null);
      }),
      { numRuns: 500 },
    );
  });
});

describe('safe settings', () => {
  test('rests are 3 to 8 s, by the fraction', () => {
    for (const [part, expected] of [
      [0, 3000],
      [0.5, 5500],
      [0.999_999, 8000],
    ] as const) {
      const account = new Account();
      account.trySending(['new 1'], part);
      assert.equal(account.pace.nextAtMs - START, expected);
    }
  });

  test('an old account begins 15 chats an hour and 50 in 24 hours, a new one 10', () => {
    for (const [ageMs, perDay] of [
      [14 * DAY, 50],
      [7 * DAY, 30],
      [0, 10],
    ] as const) {
      const account = new Account({}, ageMs);
      account.sendAll(strangers(70));
      const within = (windowMs: number): number =>
        account.sent.filter((it) => it.atMs < START + windowMs).length;
      assert.equal(within(HOUR), Math.min(15, perDay));
      // A young account's day has grown a little by its end.
      const grown = newChatsPerDay(account.pace, account.settings, START + DAY - 1);
      assert.ok(within(DAY) >= perDay && within(DAY) <= grown, `${within(DAY)} of ${grown}`);
    }
  });

  test('warm-up grows from 10 to 50 over 14 days and never shrinks', () => {
    const pace = freshPace(START);
    const caps = Array.from({ length: 20 * 24 }, (_, hour) =>
      newChatsPerDay(pace, SAFE_PACING, START + hour * HOUR),
    );
    assert.equal(caps[0], 10);
    assert.equal(caps[14 * 24], 50);
    assert.deepEqual(
      caps,
      caps.toSorted((a, b) => a - b),
    );
  });

  test('a chat that exists does not wait for strangers that may not go', () => {
    const account = new Account();
    account.sendAll(['known', ...strangers(9)]);
    account.nowMs = account.pace.nextAtMs;
    const choice = account.choose(['stranger', 'stranger 2']);
    assert.deepEqual(choice, {
      next: null,
      reason: 'new_chats_per_day',
      // A young account's day grows by one every 14 days / 40.
      untilMs: START + (14 * DAY) / 40,
    });
    assert.equal(account.trySending(['stranger', 'known']), 'known');
    account.nowMs = account.pace.nextAtMs;
    assert.equal(account.trySending(['stranger', 'group 1']), 'group 1');
  });

  test('who wrote within 24 hours is answered in any case, and that is no new chat', () => {
    const account = new Account({ newChatsPerHour: 0 });
    assert.deepEqual(account.choose(['ann']), {
      next: null,
      untilMs: Infinity,
      reason: 'new_chats_per_hour',
    });
    account.received.push({ chat: 'ann', atMs: START });
    account.nowMs = START + DAY + 1;
    assert.equal(account.trySending(['ann']), null);
    account.nowMs = START + DAY;
    assert.equal(account.trySending(['ann']), 'ann');
    assert.deepEqual(account.pace.openings, []);
  });

  test('the same text to more than 20 strangers makes new chats four times slower', () => {
    const account = new Account({ newChatsPerHour: 100, newChatsPerDay: 100, warmUpDays: 0 });
    const begin = (chat: string, text: string): void => {
      account.nowMs = Math.max(account.pace.nextAtMs, account.pace.nextOpeningAtMs, account.nowMs);
      assert.equal(account.trySending([chat], 0, text), chat);
    };
    for (const [index, chat] of strangers(20).entries()) begin(chat, index < 4 ? chat : 'spam');
    assert.equal(account.pace.nextOpeningAtMs, 0);
    begin('one more', 'spam');
    assert.equal(account.pace.nextOpeningAtMs - account.nowMs, 12_000);
    account.nowMs = account.pace.nextAtMs;
    assert.deepEqual(account.choose(['stranger']), {
      next: null,
      untilMs: account.pace.nextOpeningAtMs,
      reason: 'same_text',
    });
    assert.equal(account.trySending(['one more']), 'one more');
  });
});

describe('what WhatsApp says', () => {
  test('too fast: everything rests 60 s, then twice that; half speed, which comes back', () => {
    const account = new Account();
    account.pace = afterTooFast(account.pace, account.settings, account.nowMs);
    // Another answer about the same burst.
    account.pace = afterTooFast(account.pace, account.settings, account.nowMs + 100);
    assert.deepEqual(account.choose(['ann']), {
      next: null,
      untilMs: START + 60 * SECOND,
      reason: 'too_fast',
    });
    account.nowMs += 60 * SECOND;
    account.trySending(['ann'], 0);
    const gapMs = account.pace.nextAtMs - account.nowMs;
    assert.ok(gapMs > 5900 && gapMs <= 6000, `${gapMs}`);
    account.pace = afterTooFast(account.pace, account.settings, account.nowMs);
    assert.equal(account.pace.pausedUntilMs - account.nowMs, 120 * SECOND);
    const slow = [0, 1, 2, 12].map((hours) =>
      slowdownAt(account.pace, account.nowMs + hours * HOUR),
    );
    assert.ok((slow[0] ?? 0) > 3.9 && (slow[1] ?? 9) < 2.01 && (slow[2] ?? 9) < 1.01);
    assert.equal(slow[3], 1);
    account.nowMs += 12 * HOUR;
    account.pace = afterTooFast(account.pace, account.settings, account.nowMs);
    assert.equal(account.pace.pausedUntilMs - account.nowMs, 60 * SECOND);
  });

  test('a cap: four fifths of it, until its cycle ends or it is asked again; replies go on', () => {
    const account = new Account({ gapSecondsMin: 0, gapSecondsMax: 0 });
    assert.ok(isCapDue(account.pace, START));
    const cap = { total: 10, used: 6, endsAtMs: START + 5 * HOUR };
    account.pace = afterCapAnswer(account.pace, cap, START);
    account.nowMs += SECOND;
    account.sendAll(['a', 'b']);
    const held = { next: null, untilMs: START + 5 * HOUR, reason: 'whatsapp_cap' };
    assert.deepEqual(account.choose(['c']), held);
    account.received.push({ chat: 'd', atMs: account.nowMs });
    assert.equal(account.choose(['c', 'd']).next?.chat, 'd');
    account.pace = afterCapAnswer(account.pace, { ...cap, endsAtMs: null }, START);
    assert.deepEqual(account.choose(['c']), { ...held, untilMs: START + DAY });
    assert.ok(!isCapDue(account.pace, START + DAY - 1) && isCapDue(account.pace, START + DAY));
    account.pace = afterCapAnswer(account.pace, null, START + DAY);
    assert.equal(account.choose(['c']).next?.chat, 'c');
  });

  test('a restriction until WhatsApp’s time, else for 24 hours', () => {
    const { pace, settings } = new Account();
    const told = afterRestriction(pace, settings, START, START + HOUR);
    assert.equal(told.newChatsPausedUntilMs, START + HOUR);
    assert.equal(afterRestriction(told, settings, START).newChatsPausedUntilMs, START + DAY);
  });
});
