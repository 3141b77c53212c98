/** `2024/04/14 19:08:11`, UTC: how lists write a time. */
export function listDate(at: Date): string {
  return statusDate(at).replaceAll('-', '/');
}

/** `2024-04-30 11:48:35`, UTC: how `getStatus` writes a time. */
export function statusDate(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}

/** `2024-06-22`, UTC: how an expiry is written. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}
