/**
 * What processes on one database tell each other with NOTIFY. A notice says where to look and
 * nothing more: the rows hold what happened, and a process that was away looks at them again.
 */
export const CHANNELS = {
  /** A service's `is_wanted` changed, or somebody waits for its connection. Payload: service id. */
  sessionWanted: 'tickwire_session_wanted',
  /** A session row tells something new; a trigger says so. Payload: service id. */
  sessionChanged: 'tickwire_session_changed',
  /** Leases became free; no payload. */
  leasesFreed: 'tickwire_leases_freed',
  /** Messages joined a service's queue. Payload: service id. */
  messagesDue: 'tickwire_messages_due',
  /** What a service's pacing follows from changed; a trigger says so. Payload: service id. */
  pacingChanged: 'tickwire_pacing_changed',
  /** A question waits for whoever holds the account. Payload: service id. */
  questionAsked: 'tickwire_question_asked',
  /** Payload: the question's id. */
  questionAnswered: 'tickwire_question_answered',
  /** Something was kept for those who pull a service's events or listen. Payload: service id. */
  eventsKept: 'tickwire_events_kept',
} as const;

export type Channel = (typeof CHANNELS)[keyof typeof CHANNELS];
