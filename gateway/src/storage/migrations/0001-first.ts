import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `CREATE TYPE message_state AS ENUM (
     'cancelled', 'expired', 'failed',
     'accepted', 'ready', 'sending', 'server', 'phone', 'read')`,

  `CREATE TABLE agents (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     name text NOT NULL,
     mode text NOT NULL CHECK (mode IN ('test', 'live')),
     key_fingerprint bytea NOT NULL UNIQUE,
     key_prefix text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,

  `CREATE TABLE services (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     agent_id bigint REFERENCES agents,
     mode text NOT NULL CHECK (mode IN ('test', 'live')),
     plan_id smallint NOT NULL,
     state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'removed')),
     key_fingerprint bytea NOT NULL UNIQUE,
     key_prefix text NOT NULL,
     key_sealed bytea NOT NULL,
     country_code text,
     receives_messages boolean NOT NULL DEFAULT true,
     expires_at timestamptz NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE INDEX services_by_agent ON services (agent_id, id)`,

  `CREATE TABLE sessions (
     service_id bigint PRIMARY KEY REFERENCES services ON DELETE CASCADE,
     is_wanted boolean NOT NULL DEFAULT true,
     state text NOT NULL DEFAULT 'disconnected',
     detail text,
     qr text,
     phone text,
     lid text,
     name text,
     connected_at timestamptz,
     changed_at timestamptz NOT NULL DEFAULT now())`,

  // Rewritten on every message of the account: room in the page keeps these updates cheap.
  `CREATE TABLE account_keys (
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     type text NOT NULL,
     name text NOT NULL,
     sealed bytea NOT NULL,
     PRIMARY KEY (service_id, type, name)) WITH (fillfactor = 60)`,
  `ALTER TABLE account_keys ALTER COLUMN sealed SET STORAGE EXTERNAL`,

  `CREATE SEQUENCE message_ids`,
  `CREATE TABLE messages (
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     id bigint NOT NULL DEFAULT nextval('message_ids'),
     whatsapp_id text NOT NULL,
     phone text NOT NULL,
     written_phone text NOT NULL,
     text text NOT NULL,
     state message_state NOT NULL DEFAULT 'accepted',
     failure text,
     is_scheduled boolean NOT NULL,
     due_at timestamptz NOT NULL,
     attempts smallint NOT NULL DEFAULT 0,
     accepted_at timestamptz NOT NULL DEFAULT now(),
     executed_at timestamptz,
     server_at timestamptz,
     phone_at timestamptz,
     read_at timestamptz,
     PRIMARY KEY (service_id, id)) WITH (fillfactor = 80)`,
  `CREATE UNIQUE INDEX messages_by_whatsapp_id ON messages (service_id, whatsapp_id)`,
  `CREATE INDEX messages_due ON messages (service_id, due_at, id)
     WHERE state IN ('accepted', 'ready')`,
  `CREATE INDEX messages_in_doubt ON messages (service_id, id) WHERE state = 'sending'`,

  `CREATE TABLE received_messages (
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     id bigint NOT NULL DEFAULT nextval('message_ids'),
     whatsapp_id text NOT NULL,
     group_id text NOT NULL DEFAULT '',
     from_phone text,
     from_lid text,
     to_phone text NOT NULL,
     type text NOT NULL,
     text text NOT NULL,
     sent_at timestamptz NOT NULL,
     received_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (service_id, id))`,
  `CREATE UNIQUE INDEX received_once ON received_messages
     (service_id, whatsapp_id, group_id, coalesce(from_lid, from_phone, ''))`,

  `CREATE TABLE lookups (
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     phone text NOT NULL,
     whatsapp_phone text,
     checked_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (service_id, phone))`,

  `CREATE TABLE ledger_accounts (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     kind text NOT NULL CHECK (kind IN ('agent', 'sales', 'funding')),
     agent_id bigint UNIQUE REFERENCES agents,
     balance_cents bigint NOT NULL DEFAULT 0,
     CONSTRAINT agent_balance_not_negative CHECK (kind <> 'agent' OR balance_cents >= 0))`,
  `INSERT INTO ledger_accounts (kind) VALUES ('sales'), ('funding')`,
  `CREATE TABLE ledger_transactions (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     kind text NOT NULL,
     idempotency_key text UNIQUE,
     fingerprint text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE ledger_entries (
     transaction_id bigint NOT NULL REFERENCES ledger_transactions,
     account_id bigint NOT NULL REFERENCES ledger_accounts,
     amount_cents bigint NOT NULL CHECK (amount_cents <> 0),
     PRIMARY KEY (transaction_id, account_id))`,
  `CREATE FUNCTION ledger_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF (SELECT sum(amount_cents) FROM ledger_entries
         WHERE transaction_id = NEW.transaction_id) <> 0 THEN
       RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.transaction_id;
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE CONSTRAINT TRIGGER ledger_sums_to_zero AFTER INSERT ON ledger_entries
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_sums_to_zero()`,
  `CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     RAISE EXCEPTION 'the ledger is append-only';
   END $$`,
  `CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON ledger_entries
     FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only()`,
];

/** Everything a message needs on its way, the accounts it travels by, and the agents' ledger. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
