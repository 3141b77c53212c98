import { Problem } from './errors.ts';

/**
 * How fast an account may send. Durations are as people write them, in seconds and hours; fractions
 * are allowed. What the numbers rest on: `docs/decisions/0011-pacing.md`.
 */
export interface PacingSettings {
  /** The shortest and the longest rest between two messages; each rest is drawn between them. */
  readonly gapSecondsMin: number;
  readonly gapSecondsMax: number;
  /** One chat gets a message in this time, on average, ... */
  readonly chatGapSeconds: number;
  /** ... and at most so many at once. */
  readonly chatBurst: number;
  /** A new chat is one that we begin: with a person we never wrote to and who is not waiting. */
  readonly newChatsPerHour: number;
  readonly newChatsPerDay: number;
  /** A new account begins with so many new chats a day, ... */
  readonly warmUpNewChatsPerDay: number;
  /** ... and reaches `newChatsPerDay` after so many days. */
  readonly warmUpDays: number;
  /** Who wrote to us within this time gets an answer, however many new chats there were. */
  readonly replyHours: number;
  /** When more people than this were written to first within an hour ... */
  readonly sameTextChats: number;
  /** ... and at least this share of them got the same text ... */
  readonly sameTextShare: number;
  /** ... rests before new chats are this many times longer. */
  readonly sameTextSlowdown: number;
  /** New chats rest so long after WhatsApp refused one, unless it told until when. */
  readonly restrictionHours: number;
  /** Everything rests so long after WhatsApp called us too fast; doubled each time it does so again. */
  readonly tooFastSeconds: number;
}

interface SettingForm {
  readonly safe: number;
  readonly least: number;
  readonly most: number;
  readonly isWhole?: boolean;
}

const DAY_SECONDS = 86_400;
const COUNT_MAX = 100_000;

/** The safe values, and what may be asked for instead. */
const FORMS: Readonly<Record<keyof PacingSettings, SettingForm>> = {
  gapSecondsMin: { safe: 3, least: 0, most: DAY_SECONDS },
  gapSecondsMax: { safe: 8, least: 0, most: DAY_SECONDS },
  chatGapSeconds: { safe: 6, least: 0, most: DAY_SECONDS },
  chatBurst: { safe: 5, least: 1, most: COUNT_MAX, isWhole: true },
  newChatsPerHour: { safe: 15, least: 0, most: COUNT_MAX, isWhole: true },
  newChatsPerDay: { safe: 50, least: 0, most: COUNT_MAX, isWhole: true },
  warmUpNewChatsPerDay: { safe: 10, least: 0, most: COUNT_MAX, isWhole: true },
  warmUpDays: { safe: 14, least: 0, most: 365 },
  replyHours: { safe: 24, least: 0, most: 8760 },
  sameTextChats: { safe: 20, least: 1, most: COUNT_MAX, isWhole: true },
  sameTextShare: { safe: 0.8, least: 0, most: 1 },
  sameTextSlowdown: { safe: 4, least: 1, most: 1000 },
  restrictionHours: { safe: 24, least: 0, most: 8760 },
  tooFastSeconds: { safe: 60, least: 0, most: DAY_SECONDS },
};

/** The names of the settings, in the order in which they are shown. */
export const PACING_SETTINGS = Object.keys(FORMS) as readonly (keyof PacingSettings)[];

/** What live accounts get unless somebody decides otherwise. */
export const SAFE_PACING: PacingSettings = mapSettings((name) => FORMS[name].safe);

/** Decides how fast accounts are: null is unpaced. */
export interface PacingPolicy {
  readonly live: PacingSettings | null;
  readonly test: PacingSettings | null;
  /** For live services of these plans, instead of `live`. */
  readonly plans: ReadonlyMap<number, PacingSettings | null>;
}

/** `TICKWIRE_PACING=safe`: the default. */
export const SAFE_POLICY: PacingPolicy = { live: SAFE_PACING, test: null, plans: new Map() };

/** No limits of ours: what an unpaced live account goes by while WhatsApp restricts it. */
export const NO_LIMITS: PacingSettings = {
  ...SAFE_PACING,
  gapSecondsMin: 0,
  gapSecondsMax: 0,
  chatGapSeconds: 0,
  newChatsPerHour: COUNT_MAX,
  newChatsPerDay: COUNT_MAX,
  warmUpNewChatsPerDay: COUNT_MAX,
  sameTextSlowdown: 1,
};

/** `TICKWIRE_PACING=off`. */
export const OFF_POLICY: PacingPolicy = { live: null, test: null, plans: new Map() };

/** Whose pacing is asked for. */
interface PacedService {
  readonly mode: 'test' | 'live';
  readonly planId: number;
  /** What was asked for this service alone, as `readPacing` takes it; null for nothing. */
  readonly ownPacing: unknown;
}

/** How fast a service's account may send; null is unpaced. */
export function pacingOf(policy: PacingPolicy, service: PacedService): PacingSettings | null {
  const { mode, planId, ownPacing } = service;
  if (ownPacing !== null) return readPacing(ownPacing);
  if (mode === 'test') return policy.test;
  const ofPlan = policy.plans.get(planId);
  return ofPlan === undefined ? policy.live : ofPlan;
}

/**
 * Reads a pacing as it is written in the file and kept for a service: `"safe"`, `"off"`, or an
 * object of the settings that differ from the safe ones.
 * @returns null for `"off"`
 * @throws Problem `invalid_parameter` with a sentence about the first thing that is wrong
 */
export function readPacing(written: unknown): PacingSettings | null {
  if (written === 'off') return null;
  if (written === 'safe') return SAFE_PACING;
  if (!isObject(written)) throw refusal('A pacing is "safe", "off" or an object of settings.');
  for (const name of Object.keys(written)) {
    if (!Object.hasOwn(FORMS, name)) {
      throw refusal(`"${name}" is no setting of pacing; there are ${PACING_SETTINGS.join(', ')}.`);
    }
  }
  const settings = mapSettings((name) => {
    const value = Object.hasOwn(written, name) ? written[name] : FORMS[name].safe;
    return readSetting(name, value);
  });
  if (settings.gapSecondsMin > settings.gapSecondsMax) {
    throw refusal('gapSecondsMin must not be more than gapSecondsMax (3 and 8 unless given).');
  }
  return settings;
}

/**
 * Reads the policy of an operator's file: `{"live": PACING, "test": PACING, "plans": {"4": PACING}}`,
 * each part optional and each pacing as `readPacing` takes it.
 * @throws Problem `invalid_parameter` with a sentence about the first thing that is wrong
 */
export function readPacingPolicy(written: unknown, isPlan: (id: number) => boolean): PacingPolicy {
  if (!isObject(written)) throw refusal('It must hold an object.');
  const { live = 'safe', test = 'off', plans = {}, ...others } = written;
  const [unknownName] = Object.keys(others);
  if (unknownName !== undefined) {
    throw refusal(`"${unknownName}" is not known; there are live, test and plans.`);
  }
  if (!isObject(plans)) throw refusal('plans must be an object, by the ids of plans.');
  for (const id of Object.keys(plans)) {
    if (!isPlan(Number(id))) throw refusal(`plans: there is no plan "${id}".`);
  }
  return {
    live: readPart('live', live),
    test: readPart('test', test),
    plans: new Map(
      Object.entries(plans).map(([id, pacing]) => [Number(id), readPart(`plans.${id}`, pacing)]),
    ),
  };
}

function readPart(name: string, written: unknown): PacingSettings | null {
  try {
    return readPacing(written);
  } catch (error) {
    if (error instanceof Problem) throw refusal(`${name}: ${error.message}`);
    throw error;
  }
}

function readSetting(name: keyof PacingSettings, value: unknown): number {
  const { least, most, isWhole = false } = FORMS[name];
  const isRight =
    typeof value === 'number' &&
    value >= least &&
    value <= most &&
    (!isWhole || Number.isInteger(value));
  if (isRight) return value;
  throw refusal(`${name} must be a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}.`);
}

function mapSettings(valueOf: (name: keyof PacingSettings) => number): PacingSettings {
  const entries = PACING_SETTINGS.map((name) => [name, valueOf(name)]);
  return Object.fromEntries(entries) as PacingSettings;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refusal(sentence: string): Problem {
  return new Problem('invalid_parameter', sentence);
}

/** Why the next message waits: a stable public code with a sentence for a human each. */
export const PACE_REASONS = {
  gap: 'The account rests between two messages.',
  chat_gap: 'The chats of the waiting messages had several messages just now.',
  new_chats_per_hour: 'The hour has had its new chats; chats that exist go on.',
  new_chats_per_day: 'The last 24 hours have had their new chats; chats that exist go on.',
  same_text: 'Many new chats got the same text, so new chats are begun more slowly.',
  whatsapp_cap:
    'Most of the new chats that WhatsApp allows this account are used up; chats that exist go on.',
  account_restricted:
    'WhatsApp lets this account begin no new chats for now; chats that exist go on.',
  too_fast: 'WhatsApp said that this account sends too fast.',
} as const;

export type PaceReason = keyof typeof PACE_REASONS;
