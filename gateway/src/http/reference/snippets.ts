import type { ExampleParameters } from './reference.ts';

/** An example call. */
export interface ExampleCall {
  readonly method: 'GET' | 'POST';
  /** Without a query. */
  readonly url: string;
  readonly parameters: ExampleParameters;
  readonly needsAdminToken: boolean;
}

/** The example call in a language. */
export interface Snippet {
  readonly lang: 'curl' | 'PHP' | 'Python' | 'TypeScript';
  readonly source: string;
}

type Pair = readonly [name: string, value: string];

const TOKEN = 'Authorization: Bearer ADMINTOKEN';

/** The call in every language of the reference, each with nothing but what the language brings. */
export function snippetsOf(call: ExampleCall): Snippet[] {
  const pairs = pairsOf(call.parameters);
  return [
    { lang: 'curl', source: curl(call, pairs) },
    { lang: 'PHP', source: php(call) },
    { lang: 'Python', source: python(call, pairs) },
    { lang: 'TypeScript', source: typeScript(call, pairs) },
  ];
}

/** A list becomes several pairs of `name[]`. */
function pairsOf(parameters: ExampleParameters): Pair[] {
  return Object.entries(parameters).flatMap(([name, value]): Pair[] =>
    typeof value === 'string' ? [[name, value]] : value.map((one) => [`${name}[]`, one]),
  );
}

function curl({ method, url, needsAdminToken }: ExampleCall, pairs: readonly Pair[]): string {
  const start = method === 'GET' && pairs.length > 0 ? 'curl --get' : 'curl';
  const lines = [
    ...(needsAdminToken ? [`--header '${TOKEN}'`] : []),
    ...(method === 'POST' && pairs.length === 0 ? ['--request POST'] : []),
    ...pairs.map(([name, value]) => `--data-urlencode '${name}=${value}'`),
  ];
  return [`${start} '${url}'`, ...lines].join(' \\\n  ');
}

function php({ method, url, parameters, needsAdminToken }: ExampleCall): string {
  const entries = Object.entries(parameters);
  const array = entries.map(([name, value]) => `    '${name}' => ${phpValue(value)},\n`).join('');
  const fields = entries.length === 0 ? '' : `$fields = [\n${array}];\n`;
  const target =
    method === 'GET' && entries.length > 0 ? `'${url}?' . http_build_query($fields)` : `'${url}'`;
  const options = [
    'CURLOPT_RETURNTRANSFER => true',
    ...(method === 'POST'
      ? [`CURLOPT_POSTFIELDS => ${entries.length === 0 ? "''" : 'http_build_query($fields)'}`]
      : []),
    ...(needsAdminToken ? [`CURLOPT_HTTPHEADER => ['${TOKEN}']`] : []),
  ];
  return [
    `<?php\n${fields}$curl = curl_init(${target});`,
    `curl_setopt_array($curl, [\n${options.map((option) => `    ${option},\n`).join('')}]);`,
    'print_r(json_decode(curl_exec($curl), true));',
  ].join('\n');
}

function phpValue(value: string | readonly string[]): string {
  return typeof value === 'string' ? `'${value}'` : `[${value.map(phpValue).join(', ')}]`;
}

function python({ method, url, needsAdminToken }: ExampleCall, pairs: readonly Pair[]): string {
  const list = pairs
    .map(([name, value]) => `    ("${name}", ${JSON.stringify(value)}),\n`)
    .join('');
  const fields = pairs.length === 0 ? '' : `fields = [\n${list}]\n`;
  const target =
    method === 'GET' && pairs.length > 0 ? `"${url}?" + urlencode(fields)` : `"${url}"`;
  const body = pairs.length === 0 ? 'b""' : 'urlencode(fields).encode()';
  const given = [
    target,
    ...(method === 'POST' ? [body] : []),
    ...(needsAdminToken ? ['headers={"Authorization": "Bearer ADMINTOKEN"}'] : []),
  ];
  const imports = pairs.length === 0 ? '' : 'from urllib.parse import urlencode\n';
  return [
    `import json\n${imports}from urllib.request import Request, urlopen\n`,
    `${fields}request = Request(${given.join(', ')})`,
    'with urlopen(request) as answer:\n    print(json.load(answer))',
  ].join('\n');
}

function typeScript({ method, url, needsAdminToken }: ExampleCall, pairs: readonly Pair[]): string {
  const list = pairs.map(([name, value]) => `  ['${name}', ${inSingleQuotes(value)}],\n`).join('');
  const fields = pairs.length === 0 ? '' : `const fields = new URLSearchParams([\n${list}]);\n`;
  const target = method === 'GET' && pairs.length > 0 ? `\`${url}?\${fields}\`` : `'${url}'`;
  const options = [
    ...(method === 'POST' ? ["method: 'POST'"] : []),
    ...(method === 'POST' && pairs.length > 0 ? ['body: fields'] : []),
    ...(needsAdminToken ? ["headers: { Authorization: 'Bearer ADMINTOKEN' }"] : []),
  ];
  const given = options.length === 0 ? target : `${target}, { ${options.join(', ')} }`;
  return `${fields}const answer = await fetch(${given});\nconsole.log(await answer.json());`;
}

/** The examples have no quotation marks of their own; some have several lines. */
function inSingleQuotes(value: string): string {
  return `'${value.replaceAll('\n', String.raw`\n`)}'`;
}
