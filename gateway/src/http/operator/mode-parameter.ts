import { Problem } from '../../domain/errors.ts';
import { single, type Parameters } from '../parameters/parameters.ts';

/**
 * The parameter `mode`; `live` when it is absent.
 * @param isTestModeOn whether there is a simulator for test services to talk to
 * @throws Problem `invalid_parameter` or `test_mode_off`
 */
export function readMode(parameters: Parameters, isTestModeOn: boolean): 'test' | 'live' {
  const mode = single(parameters, 'mode') ?? 'live';
  if (mode !== 'test' && mode !== 'live') {
    throw new Problem('invalid_parameter', 'The mode must be "test" or "live".');
  }
  if (mode === 'test' && !isTestModeOn) throw new Problem('test_mode_off');
  return mode;
}
