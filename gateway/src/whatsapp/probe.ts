import type { WASocket } from './baileys.ts';

const ANSWER_MS_MAX = 20_000;

/**
 * Asks WhatsApp how many of our pre-keys it still has: cheap, harmless, asked at every login anyway,
 * and answered from the account's own state, so that a server which has lost the session can not.
 * @throws when there is no answer
 */
export async function countOwnKeys(socket: Pick<WASocket, 'query'>): Promise<void> {
  const attrs = { to: 's.whatsapp.net', type: 'get', xmlns: 'encrypt' };
  await socket.query({ tag: 'iq', attrs, content: [{ tag: 'count', attrs: {} }] }, ANSWER_MS_MAX);
}
