import { Type, type Static } from '@sinclair/typebox';
import type { ServiceId } from '../../domain/ids.ts';
import {
  NO_LIMITS,
  PACE_REASONS,
  PACING_SETTINGS,
  pacingOf,
  type PacingSettings,
} from '../../domain/pacing.ts';
import { freshPace, isRestricted } from '../../outbox/pacing/pace.ts';
import { reportPace, type Hindrance } from '../../outbox/pacing/report.ts';
import { countWaiting } from '../../storage/pacing/count-waiting.ts';
import { findPace, findPacingStanding } from '../../storage/pacing/pace-row.ts';
import { Problem } from '../../domain/errors.ts';
import type { Edge } from '../edge.ts';

const reasonNames = Object.keys(PACE_REASONS);

const HeldBack = Type.Union([
  Type.Object({
    reason: Type.String({ enum: reasonNames }),
    info: Type.String({ description: 'The same as a sentence.' }),
    until: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description: 'Null: until something changes.',
    }),
  }),
  Type.Null(),
]);

/** How a service's pacing is shown. */
export const ShownPacing = Type.Object({
  success: Type.Literal('true'),
  paced: Type.Boolean({ description: 'False: messages go as fast as they can.' }),
  waiting: Type.Integer({ description: 'Due messages in the queue.' }),
  held: Type.Integer({ description: 'Due messages that wait until a new chat may be begun.' }),
  holdsBack: HeldBack,
  newChats: Type.Union([
    Type.Object({
      lastHour: Type.Integer(),
      hourMax: Type.Integer(),
      lastDay: Type.Integer(),
      dayMax: Type.Integer({ description: 'Grows while the account warms up.' }),
      whatsAppAllows: Type.Union([Type.Integer(), Type.Null()], {
        description:
          'How many more WhatsApp itself allows, less a fifth of its cap; asked once a day. Null: it does not say.',
      }),
      holdsBack: HeldBack,
    }),
    Type.Null(),
  ]),
  slowdown: Type.Number({ description: 'How many times slower than set; 1 is as set.' }),
  settings: Type.Union([
    Type.Object(Object.fromEntries(PACING_SETTINGS.map((name) => [name, Type.Number()]))),
    Type.Null(),
  ]),
});

/** Where a service's account stands: its settings, what it has used, and what holds it back. */
export async function describePacing(
  edge: Edge,
  serviceId: ServiceId,
): Promise<Static<typeof ShownPacing>> {
  const { pool } = edge.database;
  const [standing, kept, counts] = await Promise.all([
    findPacingStanding(pool, serviceId, edge.clock.now()),
    findPace(pool, serviceId),
    countWaiting(pool, serviceId),
  ]);
  if (standing === null) throw new Problem('service_not_found');
  const { nowMs } = standing;
  const own = pacingOf(edge.pacing.policy, standing);
  const isKeptTo = kept !== null && standing.mode === 'live' && isRestricted(kept.pace, nowMs);
  const settings = own ?? (isKeptTo ? NO_LIMITS : null);
  if (settings === null) return { ...UNPACED, ...counts };
  // Another number than the kept one begins anew when it sends first.
  const isOfPhone = kept !== null && kept.phone === (standing.phone ?? kept.phone);
  const pace = isOfPhone ? kept.pace : freshPace(nowMs);
  const { next, newChats, slowdown } = reportPace(pace, settings, nowMs);
  const { hindrance, ...used } = newChats;
  return {
    success: 'true',
    paced: own !== null,
    ...counts,
    holdsBack: shown(next),
    newChats: { ...used, holdsBack: shown(hindrance) },
    slowdown,
    settings: own === null ? null : { ...own },
  };
}

const UNPACED = {
  success: 'true',
  paced: false,
  holdsBack: null,
  newChats: null,
  slowdown: 1,
  settings: null satisfies PacingSettings | null,
} as const;

function shown(hindrance: Hindrance | null): Static<typeof HeldBack> {
  if (hindrance === null) return null;
  const { reason, untilMs } = hindrance;
  return {
    reason,
    info: PACE_REASONS[reason],
    until: untilMs === null ? null : new Date(untilMs).toISOString(),
  };
}
