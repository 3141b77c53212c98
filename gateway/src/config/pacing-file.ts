import { readFileSync } from 'node:fs';
import { toError } from '../domain/errors.ts';
import { OFF_POLICY, readPacingPolicy, SAFE_POLICY, type PacingPolicy } from '../domain/pacing.ts';
import { isPlan } from '../domain/plans.ts';

/**
 * What `TICKWIRE_PACING` decides: `safe`, `off`, or what a file of that name says.
 * @throws Error whose message names the file and the first thing that is wrong in it
 */
export function decidePacing(written: string | undefined): PacingPolicy {
  if (written === undefined || written === 'safe') return SAFE_POLICY;
  if (written === 'off') return OFF_POLICY;
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
