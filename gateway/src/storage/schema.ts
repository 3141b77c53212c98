import type { Generated } from 'kysely';
import type { AgentId, MessageId, ServiceId, WhatsAppId } from '../domain/ids.ts';
import type { ConnectionState } from '../domain/connection-state.ts';
import type { PhoneNumber } from '../domain/phone-number.ts';
import type { MessageState } from '../domain/message-state.ts';

/** The tables as TypeScript sees them; `migrations/` makes them. */
export interface Schema {
  agents: AgentTable;
  services: ServiceTable;
  sessions: SessionTable;
  account_keys: AccountKeyTable;
  messages: MessageTable;
  received_messages: ReceivedMessageTable;
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

interface AccountKeyTable {
  service_id: ServiceId;
  type: string;
  name: string;
  sealed: Buffer;
}

interface MessageTable {
  service_id: ServiceId;
  id: Generated<MessageId>;
  whatsapp_id: WhatsAppId;
  phone: string;
  written_phone: string;
  text: string;
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
