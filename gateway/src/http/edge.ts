import { newWhatsAppId, type WhatsAppId } from '../domain/ids.ts';
import { createRandomPool } from '../runtime/random-pool.ts';
import { createAgentDirectory, type AgentDirectory } from './access/agent-directory.ts';
import { createAdminGate, type AdminGate } from './access/admin-gate.ts';
import { createKeyring, type Keyring } from './access/keyring.ts';
import { createServiceDirectory, type ServiceDirectory } from './access/service-directory.ts';
import { createFileLinks, type FileLinks } from './media/file-links.ts';
import type { HttpParts } from './parts.ts';

/** The parts, and what the edge itself builds from them: what every endpoint is given. */
export interface Edge extends HttpParts {
  readonly keyring: Keyring;
  readonly services: ServiceDirectory;
  readonly agents: AgentDirectory;
  readonly admin: AdminGate;
  readonly fileLinks: FileLinks;
  /** A fresh id for a message. */
  readonly newWhatsAppId: () => WhatsAppId;
}

/** Builds the edge's own pieces. */
export function createEdge(parts: HttpParts): Edge {
  const keyring = createKeyring(parts.secrets.masterKey, parts.random);
  const randomBytes = createRandomPool(parts.random);
  return {
    ...parts,
    keyring,
    services: createServiceDirectory(parts.database, keyring, parts.clock),
    agents: createAgentDirectory(parts.database, keyring),
    admin: createAdminGate(parts.secrets.adminToken),
    fileLinks: createFileLinks(parts.secrets.masterKey, parts.publicUrl, parts.clock),
    newWhatsAppId: () => newWhatsAppId(randomBytes),
  };
}
