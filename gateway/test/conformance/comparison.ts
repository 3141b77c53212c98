/** Fields whose value belongs to one caller's data; only their type and form can be compared. */
const DATA_FIELDS = new Set([
  'apiKey',
  'connectedToWhatsapp',
  'created',
  'credit',
  'date',
  'deleted',
  'execute',
  'expire',
  'from',
  'getMessageStatus',
  'groupId',
  'id',
  'messageId',
  'pairCode',
  'phonenumber',
  'qrCode',
  'serviceCount',
  'to',
  'whatsAppNumber',
  'whatsappNumber',
]);

const DATE = /^\d{4}([-/])\d\d\1\d\d( \d\d:\d\d:\d\d)?$/;

/** A documented answer. */
interface Example {
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}
/** An answer as a client received it. */
export interface ReceivedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Compares a whole answer with the documented one. @returns one sentence a difference */
export function answerDifferences(example: Example, answer: ReceivedAnswer): string[] {
  const { status, contentType, text } = answer;
  if (status !== example.status) return [`status ${status}: ${text}`];
  if (contentType !== example.contentType) return [`content type ${contentType}`];
  return differences(example.body, JSON.parse(text));
}

/**
 * Compares an answer with the documented example: the same fields in the same order, of the same
 * types, and literally equal where the value is not the caller's own data.
 * @returns one sentence a difference
 */
export function differences(example: unknown, answer: unknown, place = 'the answer'): string[] {
  if (Array.isArray(example)) {
    if (!Array.isArray(answer)) return [`${place} is no list`];
    if (example.length > 0 && answer.length === 0) return [`${place} is empty`];
    // Every row is compared with the example row of the same place, or with the last one.
    return answer.flatMap((row, index) =>
      differences(example[Math.min(index, example.length - 1)], row, `${place}[${index}]`),
    );
  }
  if (isObject(example)) return objectDifferences(example, answer, place);
  return valueDifferences(example, answer, place);
}

function objectDifferences(
  example: Record<string, unknown>,
  answer: unknown,
  place: string,
): string[] {
  if (!isObject(answer)) return [`${place} is no object`];
  const documented = Object.keys(example).join(', ');
  const answered = Object.keys(answer).join(', ');
  if (documented !== answered) return [`${place} has ${answered} instead of ${documented}`];
  return Object.entries(example).flatMap(([name, value]) =>
    differences(value, answer[name], `${place}.${name}`),
  );
}

function valueDifferences(example: unknown, answer: unknown, place: string): string[] {
  if (typeOf(example) !== typeOf(answer)) {
    return [`${place} is ${typeOf(answer)} instead of ${typeOf(example)}`];
  }
  const name = place.slice(place.lastIndexOf('.') + 1);
  if (!DATA_FIELDS.has(name)) {
    return example === answer
      ? []
      : [`${place} is ${JSON.stringify(answer)} instead of ${JSON.stringify(example)}`];
  }
  const form = formOfDate(example);
  return form === null || form === formOfDate(answer)
    ? []
    : [`${place} is ${JSON.stringify(answer)}, no date like ${JSON.stringify(example)}`];
}

/** `2024/04/14 19:08:11` -> `0000/00/00 00:00:00`, or null for what is no date. */
function formOfDate(value: unknown): string | null {
  return DATE.test(String(value)) ? String(value).replace(/\d/g, '0') : null;
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
