import { jidDecode } from 'baileys';

/** Which of an account's two names an address uses: its phone number or its hidden number (LID). */
export type Addressing = 'pn' | 'lid';

/** `digits[:device]@s.whatsapp.net` or `digits[:device]@lid`; device 0 is the phone. */
export interface UserAddress {
  readonly user: string;
  readonly addressing: Addressing;
  readonly device: number;
}

const SERVERS: Readonly<Record<Addressing, string>> = { pn: 's.whatsapp.net', lid: 'lid' };

/** Undefined for anything but a person: groups, broadcasts, the server, nonsense. */
export function parseUserAddress(jid: string | undefined): UserAddress | undefined {
  const decoded = jidDecode(jid);
  if (!decoded || !/^\d+$/.test(decoded.user)) return undefined;
  const device = decoded.device ?? 0;
  if (decoded.server === 's.whatsapp.net') return { user: decoded.user, addressing: 'pn', device };
  if (decoded.server === 'lid') return { user: decoded.user, addressing: 'lid', device };
  return undefined;
}

export function userAddress(user: string, addressing: Addressing, device = 0): string {
  return `${user}${device > 0 ? `:${device}` : ''}@${SERVERS[addressing]}`;
}

export function isGroupAddress(jid: string | undefined): jid is string {
  return jid?.endsWith('@g.us') ?? false;
}
