import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { hastenDeliveries } from '../storage/webhooks/due-deliveries.ts';
import { disableWebhook, recordStanding } from '../storage/webhooks/record-attempts.ts';
import { whenDatabaseAnswers } from '../storage/when-database-answers.ts';
import type { HeldWebhook } from './held-webhook.ts';
import type { WebhookEffect } from './webhook-machine.ts';

export interface StandingParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/** Carries out what a webhook's machine has decided, after all that it has decided before. */
export function carryOut(
  held: HeldWebhook,
  effects: readonly WebhookEffect[],
  parts: StandingParts,
): Promise<void> {
  const work = held.standingKept.then(async () => {
    for (const effect of effects) await carryOutOne(held, effect, parts);
  });
  held.standingKept = work.catch(() => undefined);
  return work;
}

async function carryOutOne(
  held: HeldWebhook,
  effect: WebhookEffect,
  { database: { pool }, clock, log }: StandingParts,
): Promise<void> {
  const { listenerId, revision } = held.row;
  switch (effect.type) {
    case 'save':
      await whenDatabaseAnswers(clock, () =>
        recordStanding(pool, listenerId, revision, held.model),
      );
      break;
    case 'hasten':
      await whenDatabaseAnswers(clock, () => hastenDeliveries(pool, listenerId, clock.now()));
      break;
    case 'disable':
      log.warn({ listenerId, reason: effect.reason }, 'a webhook was disabled');
      await whenDatabaseAnswers(clock, () =>
        disableWebhook(pool, listenerId, revision, held.model, effect.reason),
      );
      break;
  }
}
