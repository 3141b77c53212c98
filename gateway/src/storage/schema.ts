import type { Generated } from 'kysely';
import type { MediaKind } from '../domain/media.ts';
import type { AgentId, MediaId, MessageId, ServiceId, WhatsAppId } from '../domain/ids.ts';
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
  messages: MessageTable;
  media: MediaTable;
  received_messages: ReceivedMessageTable;
  received_media: ReceivedMediaTable;
  lookups: LookupTable;
  ledger_accounts: LedgerAccountTable;
  ledger_transactions: LedgerTransactionTable;
  ledger_entries: LedgerEntryTable;
}

interface AgentTable {
  id: Generated<AgentId>;
  name: string;
  mode: 'test' | 'live';
  key_fingerprint: Buffer;
  key_prefix: string;
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
  created_at: Generated<Date>;
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
  id: string;
  until: Date;
  started_at: Generated<Date>;
}

interface LeaseTable {
  service_id: ServiceId;
  worker_id: string | null;
  epoch: Generated<number>;
  taken_at: Generated<Date>;
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

interface LookupTable {
  service_id: ServiceId;
  phone: string;
  whatsapp_phone: PhoneNumber | null;
  checked_at: Generated<Date>;
}

interface LedgerAccountTable {
  id: Generated<number>;
  kind: 'agent' | 'sales' | 'funding';
  agent_id: AgentId | null;
  balance_cents: Generated<number>;
}

interface LedgerTransactionTable {
  id: Generated<number>;
  kind: string;
  idempotency_key: string | null;
  fingerprint: string;
  created_at: Generated<Date>;
}

interface LedgerEntryTable {
  transaction_id: number;
  account_id: number;
  amount_cents: number;
}
