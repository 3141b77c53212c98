import { CsvError, parse, type Info } from 'csv-parse/sync';
import { Problem } from '../../domain/errors.ts';
import type { WrittenLine } from './read-line.ts';

/** How the columns are called here, and in the lists of other gateways. Case and dashes don't matter. */
const NAMES_OF_COLUMNS: Readonly<Record<keyof WrittenLine, readonly string[]>> = {
  apiKey: ['apikey', 'key'],
  phoneNumber: ['phonenumber', 'whatsappnumber', 'number', 'phone'],
  plan: ['plan', 'planid'],
  expiry: ['expiry', 'expire', 'expires', 'expiresat'],
  agent: ['agent', 'agentid'],
  countryCode: ['countrycode'],
  receiveMessage: ['receivemessage', 'receivemessages', 'getmessagestatus'],
  webhook: ['webhook', 'webhookurl'],
};
/** What `showAllService` lists and nobody can bring along. */
const LEFT_OUT = ['connectedtowhatsapp'];
const REQUIRED = ['apiKey', 'plan', 'expiry'] as const;
const SEPARATORS = [',', ';', '\t'];

/** A line of a file: its place, and what stands in it by column. */
export interface FileLine {
  /** As an editor counts it: the header is line 1. */
  readonly line: number;
  readonly written: WrittenLine;
}

/**
 * Reads a CSV file of services: the first line names the columns, in any order; separated by comma,
 * semicolon or tab.
 * @throws Problem `invalid_parameter` for what is no such file
 */
export function readFile(csv: string): FileLine[] {
  const [header, ...lines] = parseCsv(csv);
  if (header === undefined) throw refusal('it is empty');
  const columns = header.record.map(columnOf);
  for (const name of REQUIRED) {
    if (!columns.includes(name)) throw refusal(`it has no column "${name}"`);
  }
  const twice = columns.find((name, at) => name !== null && columns.indexOf(name) !== at);
  if (twice != null) throw refusal(`it has the column "${twice}" twice`);
  return lines.map(({ record, info }) => {
    if (record.length !== columns.length) {
      throw refusal(
        `line ${info.lines} has ${record.length} fields, and there are ${columns.length} columns`,
      );
    }
    const named = columns.map((name, at) => [name ?? '', record[at] ?? ''] as const);
    return { line: info.lines, written: { ...EMPTY, ...Object.fromEntries(named) } };
  });
}

const EMPTY: WrittenLine = {
  apiKey: '',
  phoneNumber: '',
  plan: '',
  expiry: '',
  agent: '',
  countryCode: '',
  receiveMessage: '',
  webhook: '',
};

function parseCsv(csv: string): readonly { record: string[]; info: Info }[] {
  const [first = ''] = csv.split('\n', 1);
  const delimiter = SEPARATORS.find((separator) => first.includes(separator)) ?? ',';
  try {
    return parse(csv, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_records_with_empty_values: true,
      trim: true,
    }) as unknown as { record: string[]; info: Info }[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw refusal(error.message);
  }
}

/** Null for a column that is known and left out. */
function columnOf(written: string): keyof WrittenLine | null {
  const plain = written.toLowerCase().replaceAll(/[\s_-]/g, '');
  if (LEFT_OUT.includes(plain)) return null;
  const names = Object.keys(NAMES_OF_COLUMNS) as (keyof WrittenLine)[];
  const found = names.find((name) => NAMES_OF_COLUMNS[name].includes(plain));
  if (found === undefined) {
    throw refusal(`nobody knows the column "${written}"; there are ${names.join(', ')}`);
  }
  return found;
}

function refusal(why: string): Problem {
  return new Problem('invalid_parameter', `This file can not be imported: ${why}.`);
}
