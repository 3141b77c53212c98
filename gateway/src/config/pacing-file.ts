import { readFileSync } from 'node:fs';
import { toError } from '../domain/errors.ts';
import { OFF_POLICY, readPacingPolicy, SAFE_POLICY, type PacingPolicy } from '../domain/pacing.ts';
import type { Plan } from '../domain/plans.ts';

/**
 * What `TICKWIRE_PACING` decides: `safe`, `off`, or what a file of that name says.
 * @param plans those that may have settings of their own
 * @throws Error whose message names the file and the first thing that is wrong in it
 */
export function decidePacing(written: string | undefined, plans: readonly Plan[]): PacingPolicy {
  if (written === undefined || written === 'safe') return SAFE_POLICY;
  if (written === 'off') return OFF_POLICY;
  const isPlan = (id: number): boolean => plans.some((plan) => plan.id === id);
  try {
    return readPacingPolicy(JSON.parse(readFileSync(written, 'utf8')), isPlan);
  } catch (error) {
    const { message } = toError(error);
    throw new Error(
      `TICKWIRE_PACING must be "safe", "off" or a file of settings. ${written}: ${message}`,
      { cause: error },
    );
  }
}
