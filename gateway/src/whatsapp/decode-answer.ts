import type { Tick } from '../domain/message-state.ts';
import { whatsAppId } from '../domain/ids.ts';
import type { Answer } from '../sessions/connection.ts';
import { getBinaryNodeChild, getBinaryNodeChildren, type BinaryNode } from './baileys.ts';

/**
 * What a receipt's type means for a message of ours. Types that say nothing about it (a retry
 * request, our own reading elsewhere) are absent. `sender`: our own phone got its copy, so the
 * server has the message.
 */
const TICK_OF_RECEIPT: Record<string, Tick> = {
  delivery: 'phone',
  inactive: 'phone',
  read: 'read',
  played: 'read',
  sender: 'server',
};

/** Public reasons for the refusals whose meaning is known. */
const REFUSAL_OF_ERROR: Record<string, string> = {
  '463': 'account_restricted',
  '475': 'account_restricted',
  '479': 'stanza_refused',
  '429': 'too_fast',
  '404': 'not_on_whatsapp',
};

/**
 * Reads `<ack class="message">`: WhatsApp has the message, or refuses it. Baileys raises no event
 * for the first case, so the stanza itself is read.
 */
export function decodeAck(node: BinaryNode, nowMs: number): Answer | null {
  const { id, error, t } = node.attrs;
  if (id === undefined) return null;
  const refusal = error === undefined ? null : (REFUSAL_OF_ERROR[error] ?? `refused_${error}`);
  return {
    whatsAppId: whatsAppId(id),
    verdict: refusal === null ? { tick: 'server' } : { refusal },
    atMs: readTimeMs(t, nowMs),
  };
}

/** Reads `<receipt>`, which may speak of several messages at once. */
export function decodeReceipt(node: BinaryNode, nowMs: number): Answer[] {
  const tick = TICK_OF_RECEIPT[node.attrs['type'] ?? 'delivery'];
  if (tick === undefined) return [];
  const items = getBinaryNodeChildren(getBinaryNodeChild(node, 'list'), 'item');
  const ids = [node.attrs['id'], ...items.map((item) => item.attrs['id'])];
  return ids
    .filter((id) => id !== undefined)
    .map((id) => ({
      whatsAppId: whatsAppId(id),
      verdict: { tick },
      atMs: readTimeMs(node.attrs['t'], nowMs),
    }));
}

function readTimeMs(seconds: string | undefined, nowMs: number): number {
  const parsed = Number(seconds);
  return Number.isFinite(parsed) && parsed > 0 ? parsed * 1000 : nowMs;
}
