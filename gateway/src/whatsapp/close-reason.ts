import { isBoom } from '@hapi/boom';
import type { CloseReason } from '../domain/connection-state.ts';
import { DisconnectReason } from './baileys.ts';

/** What Baileys says when a certificate or the identity of the linked device does not verify. */
const UNTRUSTED = /noise (?:intermediate |leaf )?certificate|certification match|account signature/;

/**
 * Why a socket ended, from the error Baileys ends it with. Its numbers are WhatsApp's where
 * WhatsApp gave one, else its own; 408 alone means three things.
 * @param wasOpen whether the WebSocket itself had been opened
 * @param isLinked whether the device was linked: an unlinked one that times out ran out of QR codes
 */
export function closeReasonOf(error: unknown, wasOpen: boolean, isLinked: boolean): CloseReason {
  const text = error instanceof Error ? error.message : '';
  if (UNTRUSTED.test(text)) return 'untrusted';
  if (text.includes('QR refs attempts ended')) return 'link_expired';
  const code = isBoom(error) ? error.output.statusCode : undefined;
  switch (code) {
    case DisconnectReason.restartRequired:
      return 'restart_required';
    case DisconnectReason.loggedOut:
      return 'logged_out';
    case DisconnectReason.connectionReplaced:
      return 'replaced';
    case DisconnectReason.forbidden:
    case 402:
    case 406:
      return 'refused';
    case DisconnectReason.multideviceMismatch:
      return isLinked ? 'logged_out' : 'refused';
    case 405:
    case 409:
      return 'outdated';
    case DisconnectReason.badSession:
    case 501:
    case DisconnectReason.unavailableService:
      return 'server_error';
    case DisconnectReason.connectionClosed:
    case DisconnectReason.timedOut:
    default:
      return wasOpen ? 'lost' : 'unreachable';
  }
}
