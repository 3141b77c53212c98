import { Problem } from '../../domain/errors.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';
import type { SessionControl } from '../../sessions/session-control.ts';
import { tellSimulator, type SimulatorAddress } from './simulator-api.ts';

/** A QR code may be replaced by the next one just before it is scanned. */
const SCANS_MAX = 3;
const CONNECT_TIMEOUT_MS = 20_000;

/**
 * Links a test service to a simulated phone, as its owner would by scanning, and waits until it is
 * connected. The phone is made if it does not exist.
 * @throws Problem `not_ready` when that takes too long, `wrong_state` when the phone refuses
 */
export async function linkSimulatedPhone(
  place: SimulatorAddress & { readonly sessions: SessionControl },
  serviceId: ServiceId,
  phone: PhoneNumber,
): Promise<void> {
  await tellSimulator(place, '/simulator/phones', { phone });
  let refusal = '';
  for (let scan = 1; scan <= SCANS_MAX; scan += 1) {
    const qr = await place.sessions.currentQr(serviceId);
    if (qr === null) break;
    const answer = await tellSimulator(place, `/simulator/phones/${phone}/scan`, { qr });
    refusal = answer.ok ? '' : await answer.text();
    if (answer.ok) break;
  }
  if (refusal !== '') {
    throw new Problem('wrong_state', `The simulated phone refused the QR code: ${refusal}`);
  }
  if (!(await place.sessions.waitUntilConnected(serviceId, CONNECT_TIMEOUT_MS))) {
    throw new Problem('not_ready', 'The service was made, but did not connect in time.');
  }
}
