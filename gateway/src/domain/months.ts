/** The day of the month in UTC, 1 to 31. */
export function dayOfMonth(atMs: number): number {
  return new Date(atMs).getUTCDate();
}

/**
 * The same time of day `months` later, in UTC, on this day of the month; on the month's last day
 * where it has no such day.
 * @param billingDay the day wanted, 1 to 31. Kept apart from the date itself, so that a February does
 *   not turn the 31st into the 28th for ever
 */
export function addMonths(fromMs: number, months: number, billingDay: number): number {
  const target = new Date(fromMs);
  target.setUTCDate(1);
  target.setUTCMonth(target.getUTCMonth() + months);
  const year = target.getUTCFullYear();
  const lastDay = dayOfMonth(Date.UTC(year, target.getUTCMonth() + 1, 0));
  target.setUTCDate(Math.min(billingDay, lastDay));
  return target.getTime();
}
