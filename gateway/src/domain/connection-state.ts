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
  whatsapp_unavailable: 'WhatsApp has trouble of its own; trying again',
  needs_attention:
    'WhatsApp ends this connection again and again without a reason; still trying, more slowly',
  link_expired: 'Nobody scanned the QR code in time; ask for a new one',
  logged_out: 'The phone has removed this device; link it again',
  link_again: 'WhatsApp does not accept this link with the phone any more; link the phone again',
  replaced: 'Another program uses the same WhatsApp session; trying once more',
  conflict: 'Another program keeps taking over this WhatsApp session; stop it, then connect again',
  locked: 'WhatsApp has locked this account out; look at the phone, then connect again',
  banned: 'WhatsApp has banned this account; look at the phone',
  temporarily_banned: 'WhatsApp has banned this account for a while',
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
  | 'link_expired'
  | 'logged_out'
  | 'link_again'
  | 'replaced'
  | 'locked'
  | 'banned'
  | 'temporarily_banned'
  | 'outdated'
  | 'untrusted'
  | 'server_error'
  | 'unexplained';

/** How a connection ended. */
export interface ConnectionEnd {
  readonly reason: CloseReason;
  /** For people who look closer; shown beside the state. */
  readonly detail: string;
  /** `temporarily_banned`: how long it lasts, where WhatsApp said so. */
  readonly banMs?: number | null;
}

/**
 * Why WhatsApp bans an account for a while, by the `code` of the refused login. The numbers are
 * those whatsmeow documents (`types/events`, TempBanReason).
 */
export const BAN_REASONS: Readonly<Record<number, string>> = {
  101: 'too many messages to people who do not have this number among their contacts',
  102: 'too many people have blocked this number',
  103: 'too many groups made with people who do not have this number among their contacts',
  104: 'the same message to too many people',
  106: 'too many messages to a broadcast list',
};

/** What is known of a session beside its state. */
export interface ConnectionParticulars {
  readonly detail: string | null;
  /** When the next try follows, where that is far off. */
  readonly retryAt: Date | null;
}

/** How a service stands, as a sentence for its owner; of a ban also why, and until when. */
export function describeConnection(
  state: ConnectionState,
  { detail, retryAt }: ConnectionParticulars,
): string {
  const sentence = CONNECTION_STATES[state];
  if (state !== 'temporarily_banned') return sentence;
  const until = retryAt === null ? '' : `, until about ${retryAt.toISOString().slice(0, 16)}Z`;
  return `${sentence}${until}${detail === null || detail === '' ? '' : `: ${detail}`}`;
}
