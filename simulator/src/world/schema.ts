/** Raised with every change of the tables below. */
export const SCHEMA_VERSION = 1;

/**
 * A phone number is the key of an account; device 0 is its phone, higher ones are linked devices.
 * Nothing private of a phone is stored that the seed gives again (identity, pre-keys).
 */
export const SCHEMA = `
CREATE TABLE account (
  phone TEXT PRIMARY KEY,
  lid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  next_device INTEGER NOT NULL DEFAULT 1,
  next_pre_key INTEGER NOT NULL DEFAULT 1,
  next_message INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
  phone TEXT NOT NULL,
  device INTEGER NOT NULL,
  noise_key BLOB NOT NULL,
  identity_key BLOB NOT NULL,
  registration_id INTEGER NOT NULL,
  signed_pre_key_id INTEGER NOT NULL,
  signed_pre_key BLOB NOT NULL,
  signed_pre_key_signature BLOB NOT NULL,
  device_identity BLOB NOT NULL,
  greeted INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (phone, device)
) STRICT, WITHOUT ROWID;

-- One-time keys of linked devices, handed out once each.
CREATE TABLE device_pre_key (
  phone TEXT NOT NULL,
  device INTEGER NOT NULL,
  key_id INTEGER NOT NULL,
  public_key BLOB NOT NULL,
  PRIMARY KEY (phone, device, key_id)
) STRICT, WITHOUT ROWID;

-- One-time keys of phones that were handed out and not yet used; the seed gives the key itself.
CREATE TABLE phone_pre_key (
  phone TEXT NOT NULL,
  key_id INTEGER NOT NULL,
  PRIMARY KEY (phone, key_id)
) STRICT, WITHOUT ROWID;

-- Signal sessions of phones; peer is "lid:device" of the linked device at the other end.
CREATE TABLE phone_session (
  phone TEXT NOT NULL,
  peer TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (phone, peer)
) STRICT, WITHOUT ROWID;

-- Sender keys as phones know them; name is "group::lid::device".
CREATE TABLE phone_sender_key (
  phone TEXT NOT NULL,
  name TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (phone, name)
) STRICT, WITHOUT ROWID;

-- Every (ratchet key, counter) a phone was sent, to notice one that is used twice.
CREATE TABLE ratchet_step (
  phone TEXT NOT NULL,
  peer TEXT NOT NULL,
  ratchet_key BLOB NOT NULL,
  counter INTEGER NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (phone, peer, ratchet_key, counter)
) STRICT, WITHOUT ROWID;

-- What each phone has shown its owner.
CREATE TABLE shown_message (
  seq INTEGER PRIMARY KEY,
  phone TEXT NOT NULL,
  sender TEXT NOT NULL,
  id TEXT NOT NULL,
  chat TEXT NOT NULL,
  group_id TEXT,
  content TEXT NOT NULL,
  at INTEGER NOT NULL,
  wire_copies INTEGER NOT NULL DEFAULT 1,
  UNIQUE (phone, sender, id)
) STRICT;

-- How often each message id came over the wire from an account's linked devices.
CREATE TABLE wire_message (
  phone TEXT NOT NULL,
  id TEXT NOT NULL,
  copies INTEGER NOT NULL,
  PRIMARY KEY (phone, id)
) STRICT, WITHOUT ROWID;

-- What phones have written, kept to encrypt it again when a device asks for a retry.
CREATE TABLE written_message (
  phone TEXT NOT NULL,
  id TEXT NOT NULL,
  chat TEXT NOT NULL,
  addressing TEXT NOT NULL,
  body BLOB NOT NULL,
  at INTEGER NOT NULL,
  delivered INTEGER NOT NULL DEFAULT 0,
  read INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (phone, id)
) STRICT, WITHOUT ROWID;

-- Stanzas on their way to a linked device: kept from the moment they are caused until the device
-- has acknowledged them; due_at may lie in the future (receipts).
CREATE TABLE outgoing (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  phone TEXT NOT NULL,
  device INTEGER NOT NULL,
  class TEXT NOT NULL,
  id TEXT NOT NULL,
  peer TEXT NOT NULL,
  type TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  retries_asked INTEGER NOT NULL DEFAULT 0,
  stanza BLOB NOT NULL
) STRICT;
CREATE INDEX outgoing_by_id ON outgoing (phone, device, id);

CREATE TABLE app_state_patch (
  phone TEXT NOT NULL,
  collection TEXT NOT NULL,
  version INTEGER NOT NULL,
  patch BLOB NOT NULL,
  PRIMARY KEY (phone, collection, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_group (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  creator TEXT NOT NULL,
  addressing TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE group_member (
  seq INTEGER PRIMARY KEY,
  group_id TEXT NOT NULL,
  phone TEXT NOT NULL,
  role TEXT NOT NULL,
  UNIQUE (group_id, phone)
) STRICT;

CREATE TABLE fault (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  phone TEXT,
  remaining INTEGER NOT NULL,
  options TEXT NOT NULL
) STRICT;

-- Single values: "behaviour", "stats", counters.
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
