const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const GROUPS = 5;
const GROUP_CHARACTERS = 7;
const KEY_FORM = /^[a-z0-9]{7}(?:-[a-z0-9]{7}){4}$/;
/** The largest multiple of the alphabet's size that fits a byte: above it a byte would be biased. */
const UNBIASED_BELOW = 256 - (256 % ALPHABET.length);

/**
 * A new key in the form clients know: five groups of seven lower-case letters and digits
 * (180 bits of chance).
 * @param bytes a source of unpredictable bytes
 */
export function newApiKey(bytes: (count: number) => Buffer): string {
  let characters = '';
  while (characters.length < GROUPS * GROUP_CHARACTERS) {
    for (const byte of bytes(64)) {
      if (byte < UNBIASED_BELOW) characters += ALPHABET[byte % ALPHABET.length];
    }
  }
  const groups = Array.from({ length: GROUPS }, (_, index) =>
    characters.slice(index * GROUP_CHARACTERS, (index + 1) * GROUP_CHARACTERS),
  );
  return groups.join('-');
}

/** Whether a text could be a key at all; spares the database what can't be one. */
export function looksLikeApiKey(text: string): boolean {
  return KEY_FORM.test(text);
}

/** The part of a key that may be shown and logged. */
export function visiblePrefix(key: string): string {
  return key.slice(0, GROUP_CHARACTERS);
}
