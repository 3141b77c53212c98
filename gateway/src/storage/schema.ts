import type { Generated } from 'kysely';
import type { MediaKind } from '../domain/media.ts';
import type {
  AgentId,
  EventId,
  ListenerId,
  MediaId,
  MessageId,
  ServiceId,
  WhatsAppId,
} from '../domain/ids.ts';
import type { EventFormat, EventType, QueuedDeliveryState, WebhookMode } from '../domain/event.ts';
import type { ConnectionState } from '../domain/connection-state.ts';
import type { PhoneNumber } from '../domain/phone-number.ts';
import type { MessageState } from '../domain/message-state.ts';

/** The tables as TypeScript sees them; `migrations/` makes them. */
export interface Schema {
  agents: AgentTable;
  services: ServiceTable;
  sessions: SessionTable;
  session_ends: SessionEndTable;
  session_health: SessionHealthTable;
  account_keys: AccountKeyTable;
  workers: WorkerTable;
  leases: LeaseTable;
  installation: InstallationTable;
  messages: MessageTable;
  idempotency_keys: IdempotencyKeyTable;
  media: MediaTable;
  shared_files: SharedFileTable;
  received_messages: ReceivedMessageTable;
  received_media: ReceivedMediaTable;
  lookups: LookupTable;
  chats: ChatTable;
  paces: PaceTable;
  webhooks: WebhookTable;
  events: EventTable;
  webhook_deliveries: WebhookDeliveryTable;
  webhook_attempts: WebhookAttemptTable;
  ledger_accounts: LedgerAccountTable;
  ledger_transactions: LedgerTransactionTable;
  ledger_entries: LedgerEntryTable;
  replaced_keys: ReplacedKeyTable;
}

interface AgentTable {
  id: Generated<AgentId>;
  name: string;
  mode: 'test' | 'live';
  key_fingerprint: Buffer;
  key_prefix: string;
  /** Null: it needs no subscription of its own. */
  subscription_ends_at: Date | null;
  created_at: Generated<Date>;
}

interface ServiceTable {
  id: Generated<ServiceId>;
  agent_id: AgentId | null;
  mode: 'test' | 'live';
  plan_id: number;
  state: Generated<'active' | 'suspended' | 'removed'>;
  key_fingerprint: Buffer;
  key_prefix: string;
  key_sealed: Buffer;
  country_code: string | null;
  receives_messages: Generated<boolean>;
  expires_at: Date;
  /** The day of the month on which its time ends, where the month has it. */
  billing_day: Generated<number>;
  is_suspended_by_hand: Generated<boolean>;
  suspended_at: Date | null;
  removed_at: Date | null;
  /** When what is left of a removed service is deleted. */
  purge_at: Date | null;
  purged_at: Date | null;
  created_at: Generated<Date>;
  /** What was asked for this service alone, as `readPacing` takes it. */
  pacing: unknown;
}

interface SessionTable {
  service_id: ServiceId;
  is_wanted: Generated<boolean>;
  state: Generated<ConnectionState>;
  detail: string | null;
  qr: string | null;
  phone: string | null;
  lid: string | null;
  name: string | null;
  connected_at: Date | null;
  changed_at: Generated<Date>;
  is_linked: Generated<boolean>;
  /** When somebody last wanted to link it. */
  asked_at: Date | null;
  /** Of a removed service: until then it is tried to unlink it from its phone. */
  unlink_until: Date | null;
}

interface SessionEndTable {
  service_id: ServiceId;
  retry_at: Date | null;
  forget_at: Date | null;
}

interface SessionHealthTable {
  service_id: ServiceId;
  heard_at: Date;
  is_slow: boolean;
  answer_ms: number | null;
}

interface AccountKeyTable {
  service_id: ServiceId;
  type: string;
  name: string;
  sealed: Buffer;
}

interface WorkerTable {
  /** Of one run of one process. */
  id: string;
  /** Of the data directory that it has for itself. */
  home: string;
  /** Which services it serves. */
  modes: ('test' | 'live')[];
  /** Which world its simulator is, where it has one. */
  simulator: string | null;
  admin_fingerprint: Buffer;
  beat: Generated<number>;
  beat_at: Generated<Date>;
  started_at: Generated<Date>;
}

interface LeaseTable {
  service_id: ServiceId;
  worker_id: string | null;
  epoch: Generated<number>;
  /** Its last holder left without a word. */
  is_abandoned: Generated<boolean>;
  taken_at: Generated<Date>;
}

interface InstallationTable {
  name: string;
  value: Buffer;
}

interface MessageTable {
  service_id: ServiceId;
  id: Generated<MessageId>;
  whatsapp_id: WhatsAppId;
  chat: string;
  is_group: Generated<boolean>;
  text: string;
  latitude: number | null;
  longitude: number | null;
  media_id: MediaId | null;
  state: Generated<MessageState>;
  failure: string | null;
  is_scheduled: boolean;
  due_at: Date;
  attempts: Generated<number>;
  accepted_at: Generated<Date>;
  executed_at: Date | null;
  server_at: Date | null;
  phone_at: Date | null;
  read_at: Date | null;
  is_urgent: Generated<boolean>;
  expires_at: Date | null;
  /** The customer's own reference. */
  metadata: string | null;
  /** The epoch of the lease under which it was claimed last. */
  claim_epoch: number | null;
  /** How often the process that was handing it over died without a word. */
  crashes: Generated<number>;
  /** When it was claimed last from the queue: since then WhatsApp may have it. */
  doubt_since: Date | null;
}

interface IdempotencyKeyTable {
  service_id: ServiceId;
  key: string;
  fingerprint: Buffer;
  message_ids: number[];
  /** Null where one recipient was answered. */
  recipients: string[] | null;
  used_at: Generated<Date>;
}

interface MediaTable {
  service_id: ServiceId;
  id: Generated<MediaId>;
  state: 'fetching' | 'ready' | 'failed' | 'removed';
  link: Generated<string>;
  spool_name: string | null;
  kind: MediaKind | null;
  mimetype: string | null;
  file_name: string | null;
  bytes: number | null;
  failure: string | null;
  attempts: Generated<number>;
  next_try_at: Generated<Date>;
  uploaded: Buffer | null;
  uploaded_at: Date | null;
  created_at: Generated<Date>;
}

interface ReceivedMediaTable {
  service_id: ServiceId;
  message_id: MessageId;
  state: 'waiting' | 'stored' | 'failed' | 'removed';
  source: Buffer;
  spool_name: string | null;
  mimetype: string;
  file_name: string;
  bytes: Generated<number>;
  failure: string | null;
  attempts: Generated<number>;
  next_try_at: Generated<Date>;
  created_at: Generated<Date>;
}

interface ReceivedMessageTable {
  service_id: ServiceId;
  id: Generated<MessageId>;
  whatsapp_id: WhatsAppId;
  group_id: string;
  from_phone: string | null;
  from_lid: string | null;
  to_phone: string;
  type: string;
  text: string;
  sent_at: Date;
  received_at: Generated<Date>;
}

interface ChatTable {
  service_id: ServiceId;
  chat: string;
  opened_at: Date | null;
  opened_print: string | null;
  last_sent_at: Date | null;
  last_received_at: Date | null;
  paid_until: Generated<Date>;
}

interface PaceTable {
  service_id: ServiceId;
  phone: string;
  linked_at: Date;
  is_following: boolean;
  next_at: Generated<Date>;
  next_opening_at: Generated<Date>;
  new_chats_paused_until: Generated<Date>;
  paused_until: Generated<Date>;
  cap_asked_at: Generated<Date>;
  cap_left: number | null;
  cap_ends_at: Date | null;
  slowdown: Generated<number>;
  slowed_at: Generated<Date>;
  strikes: Generated<number>;
}

interface SharedFileTable {
  name: string;
  bytes: number;
  created_at: Generated<Date>;
}

interface LookupTable {
  service_id: ServiceId;
  phone: string;
  whatsapp_phone: PhoneNumber | null;
  checked_at: Generated<Date>;
}

interface WebhookTable {
  listener_id: ListenerId;
  url: string | null;
  format: Generated<EventFormat>;
  has_feed: Generated<boolean>;
  /** Up to here the owner of the feed has everything. */
  feed_acked: EventId | null;
  sends_key: Generated<boolean>;
  /** Where links in events lead when no public address is configured. */
  base_url: Generated<string>;
  secret_sealed: Buffer;
  old_secret_sealed: Buffer | null;
  old_secret_until: Date | null;
  mode: Generated<WebhookMode>;
  failures: Generated<number>;
  probes: Generated<number>;
  failing_since: Date | null;
  probe_at: Date | null;
  disabled_because: string | null;
  /** The process that delivers to it; only until `wake_at`. */
  holder: string | null;
  wake_at: Date | null;
  resent_at: Date | null;
  /** Grows with every change that its owner makes. */
  revision: Generated<number>;
  set_at: Generated<Date>;
}

interface EventTable {
  /** The transaction that has kept it. */
  xid: Generated<string>;
  id: Generated<EventId>;
  listener_id: ListenerId;
  type: EventType;
  subject: string;
  data: unknown;
  /** The visible part of the key of the service that an agent is told about. */
  about: Generated<string | null>;
  created_at: Generated<Date>;
}

interface WebhookDeliveryTable {
  event_id: EventId;
  listener_id: ListenerId;
  /** Events of one subject go one after the other. */
  subject: string;
  state: Generated<QueuedDeliveryState>;
  attempts: Generated<number>;
  next_at: Generated<Date>;
  queued_at: Generated<Date>;
}

interface WebhookAttemptTable {
  id: Generated<number>;
  listener_id: ListenerId;
  event_id: EventId;
  attempt: number;
  url: string;
  status: number | null;
  failure: string | null;
  latency_ms: number;
  answer: string;
  at: Date;
}

interface LedgerAccountTable {
  id: Generated<number>;
  kind: 'agent' | 'sales' | 'funding';
  agent_id: AgentId | null;
  balance_cents: Generated<number>;
  /** Of a wallet. */
  entries_count: Generated<number>;
}

interface LedgerTransactionTable {
  id: Generated<number>;
  kind: string;
  idempotency_key: string | null;
  fingerprint: string;
  service_id: ServiceId | null;
  months: number | null;
  note: Generated<string>;
  reverses: number | null;
  created_at: Generated<Date>;
}

interface ReplacedKeyTable {
  fingerprint: Buffer;
  service_id: ServiceId | null;
  agent_id: AgentId | null;
  until: Date;
}

interface LedgerEntryTable {
  transaction_id: number;
  account_id: number;
  amount_cents: number;
  /** Its place among the entries of its wallet, from 1; null where no balance is kept. */
  position: number | null;
  /** The wallet's balance after it. */
  balance_cents: number | null;
}
