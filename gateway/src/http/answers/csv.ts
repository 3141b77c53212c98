/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+@\t\r]|^-(?!\d)/;

/**
 * One line of CSV as RFC 4180 has it. Text that a spreadsheet would run as a formula begins with an
 * apostrophe.
 */
export function csvLine(values: readonly (string | number | null)[]): string {
  return `${values.map(csvValue).join(',')}\r\n`;
}

function csvValue(value: string | number | null): string {
  const text = String(value ?? '');
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
