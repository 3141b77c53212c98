/**
 * How a service stands with WhatsApp, as stable public codes with a sentence for a human each.
 * `serviceSettings` shows the sentence, the admin API and metrics the code.
 */
export const CONNECTION_STATES = {
  disconnected: 'Not connected to WhatsApp',
  connecting: 'Connecting to WhatsApp',
  waiting_for_scan: 'Waiting for the QR code or the pairing code to be used on the phone',
  linking: 'The phone has accepted; the connection is being set up',
  connected: 'Connected to WhatsApp',
  waiting_to_retry: 'The connection was lost; the next try follows shortly',
  unreachable: 'WhatsApp can not be reached from this machine; trying again',
  link_expired: 'Nobody scanned the QR code in time; ask for a new one',
  logged_out: 'The phone has removed this device; link it again',
  replaced: 'Another program uses the same WhatsApp session',
  refused: 'WhatsApp refuses this account; look at the phone',
  outdated: 'WhatsApp refuses this version of the gateway; it must be updated',
  untrusted: 'The server did not prove to be WhatsApp; nothing was sent to it',
} as const satisfies Record<string, string>;

export type ConnectionState = keyof typeof CONNECTION_STATES;

/** Why a connection ended, in our words; `whatsapp/` translates WhatsApp's numbers into these. */
export type CloseReason =
  | 'asked'
  | 'restart_required'
  | 'lost'
  | 'unreachable'
  | 'timed_out'
  | 'link_expired'
  | 'logged_out'
  | 'replaced'
  | 'refused'
  | 'outdated'
  | 'untrusted'
  | 'server_error';
