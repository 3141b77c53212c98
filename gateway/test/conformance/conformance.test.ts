import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HttpOnly, type HttpAnswer } from '../harness/http-only.ts';
import { formOf, readCollection, type DocumentedRequest } from './collection.ts';
import { differences } from './comparison.ts';
import { COVERED, type Coverage } from './covered.ts';
import { setScene, type Scene } from './scene.ts';

const root = join(import.meta.dirname, '../../..');
const TABLE = join(root, 'docs/conformance.md');
/** Where the collection may lie newer than the copy here. */
const ORIGINAL = join(root, '../shared/reference/whatsiplus.postman_collection.json');
const MEDIA_FIELDS = new Set(['link', 'file', 'base64_file']);

const requests = readCollection();
const verdicts = new Map<DocumentedRequest, string[]>();
let http: HttpOnly;
let scene: Scene;

before(async () => {
  http = await HttpOnly.start();
  scene = await setScene(http);
});
after(() => http[Symbol.asyncDispose]());

describe('the collection’s own requests are answered as in its examples', () => {
  for (const request of requests) {
    const coverage = COVERED[request.name];
    if (coverage === undefined) continue;
    test(`${request.name} (${formOf(request)})`, async () => {
      await coverage.prepare?.(http, scene);
      const found = compare(request, await send(request, coverage));
      verdicts.set(request, found);
      assert.deepEqual(found, []);
    });
  }
});

test('every covered name is in the collection', () => {
  const names = new Set(requests.map(({ name }) => name));
  assert.deepEqual(
    Object.keys(COVERED).filter((name) => !names.has(name)),
    [],
  );
});

test('docs/conformance.md is current', () => {
  const table = describeAll();
  console.log(table);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(TABLE, table);
  assert.equal(
    readFileSync(TABLE, 'utf8'),
    table,
    'Write it anew with: UPDATE_DOCS=1 npm test -- conformance',
  );
});

test('the copy of the collection is the original', { skip: !existsSync(ORIGINAL) }, () => {
  const copy = join(import.meta.dirname, 'whatsiplus.postman_collection.json');
  assert.equal(readFileSync(copy, 'utf8'), readFileSync(ORIGINAL, 'utf8'));
});

/** Sends the request as documented; only host, keys, ids and media are other ones. */
function send(request: DocumentedRequest, coverage: Coverage): Promise<HttpAnswer> {
  const address = request.url
    .replace(/^https:\/\/[^/]+/, '')
    .replace('AGENTKEY', scene.agentKey)
    .replace(/(?:Se?rvice)?(?:APIKEY|ApiKey)/, coverage.apiKey(scene))
    .replace('id=23145', `id=${scene.readMessageId}`);
  const url = new URL(address, http.url);
  for (const field of MEDIA_FIELDS) url.searchParams.delete(field);
  const path = url.pathname + url.search;
  if (request.json !== null) {
    const body = JSON.parse(request.json) as Record<string, unknown>;
    const kept = Object.entries(body).filter(([name]) => !MEDIA_FIELDS.has(name));
    return http.post(path, JSON.stringify(Object.fromEntries(kept), null, 4));
  }
  if (request.form === null) return http.ask(path, { method: request.method });
  const body = new FormData();
  for (const field of request.form) {
    if (MEDIA_FIELDS.has(field.key) || field.disabled === true) continue;
    body.append(field.key, field.value ?? '');
  }
  return http.ask(path, { method: request.method, body });
}

function compare({ example }: DocumentedRequest, answer: HttpAnswer): string[] {
  const found: string[] = [];
  if (answer.status !== example.status) found.push(`status ${answer.status}: ${answer.text}`);
  const contentType = answer.headers.get('content-type');
  if (contentType !== example.contentType) found.push(`content type ${contentType}`);
  return [...found, ...differences(example.body, answer.json)];
}

function describeAll(): string {
  const rows = requests.map((request) => {
    const found = verdicts.get(request);
    const verdict = found === undefined ? 'not served yet' : found.join('; ') || 'equal';
    const name = request.name.replaceAll('|', '\\|');
    const note = COVERED[request.name]?.note ?? '';
    return `| ${name} | ${formOf(request)} | ${request.example.status} | ${verdict} | ${note} |`;
  });
  const served = requests.filter((request) => verdicts.has(request)).length;
  return [
    '# Conformance to the documented API',
    '',
    'Made by `gateway/test/conformance`: each request of the collection is sent as it stands there,',
    'with other host, keys and ids, and the answer is compared with the example answer: HTTP status,',
    'content type, field names, order and types, and the wording wherever it is not data of the caller.',
    '',
    `${served} of ${requests.length} requests are served.`,
    '',
    '| request | form | status | fields, order, types, wording | note |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
