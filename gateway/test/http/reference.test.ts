import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fastify from 'fastify';
import { ERRORS } from '../../src/domain/errors.ts';
import type { ApiDocument, ApiOperation, ApiResponse } from '../../src/http/reference/open-api.ts';
import { HttpOnly } from '../harness/http-only.ts';

const FILE = join(import.meta.dirname, '../../../docs/reference/openapi.json');

let http: HttpOnly;
let served: string;
let reference: ApiDocument;

before(async () => {
  http = await HttpOnly.start();
  served = (await http.ask('/openapi.json')).text;
  reference = JSON.parse(served) as ApiDocument;
});
after(() => http[Symbol.asyncDispose]());

function operations(): [name: string, operation: ApiOperation][] {
  return Object.entries(reference.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, ApiOperation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
}

test('docs/reference/openapi.json is what the gateway serves', () => {
  if (process.env['UPDATE_DOCS'] === '1') {
    mkdirSync(dirname(FILE), { recursive: true });
    writeFileSync(FILE, served);
  }
  assert.equal(
    existsSync(FILE) ? readFileSync(FILE, 'utf8') : '',
    served,
    'Write it anew with: UPDATE_DOCS=1 npm test -- reference.test',
  );
});

test('every operation has a name of its own', () => {
  const names = operations().map(([, { operationId }]) => operationId);
  assert.ok(names.length > 30);
  assert.deepEqual(names, [...new Set(names)]);
});

test('every error code has a place', () => {
  const described = new Set(
    [
      ...operations().flatMap(([, { responses }]) => Object.values(responses)),
      ...Object.values(reference.components.responses),
    ].flatMap((response) => ('$ref' in response ? [] : namedExamples(response))),
  );
  // Of webhooks, which are not served yet.
  const forLater = new Set(['not_in_plan']);
  const codes = Object.keys(ERRORS).filter((code) => !forLater.has(code));
  assert.deepEqual(
    codes.filter((code) => !described.has(code)),
    [],
  );
});

test('every example answer is of its schema', async () => {
  const examples = operations().flatMap(([name, { responses }]) =>
    Object.values(responses)
      .flatMap((response) => ('$ref' in response ? [] : Object.values(response.content)))
      .filter(({ example }) => example !== undefined)
      .map(({ schema, example }) => ({ name, schema: resolved(schema), example })),
  );
  assert.ok(examples.length > 20);
  assert.deepEqual(await wrongOnes(examples), []);
});

test('every parameter of an example call is described', () => {
  for (const [name, operation] of operations()) {
    const source = operation['x-codeSamples']?.[0]?.source ?? '';
    const given = [...source.matchAll(/--data-urlencode '([^=[]+)/g)].map(([, field]) => field);
    const [body] = Object.values(operation.requestBody?.content ?? {});
    const { properties = {} } = resolved(body?.schema ?? {}) as { properties?: object };
    const known = new Set([
      ...operation.parameters.map((parameter) => parameter.name),
      ...Object.keys(properties),
    ]);
    assert.deepEqual(
      given.filter((field) => field === undefined || !known.has(field)),
      [],
      name,
    );
  }
});

describe('the page at /docs', () => {
  test('needs nothing from anywhere and runs nothing', async () => {
    const { status, headers, text } = await http.ask('/docs');
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    assert.doesNotMatch(text, /<script|<link|<img|<iframe|@import|url\(|javascript:/i);
  });

  test('shows every address, every code and every snippet, escaped', async () => {
    const { text } = await http.ask('/docs');
    for (const path of Object.keys(reference.paths)) assert.ok(text.includes(path), path);
    for (const code of Object.keys(ERRORS)) assert.ok(text.includes(code), code);
    for (const [, operation] of operations()) {
      for (const { source } of operation['x-codeSamples'] ?? []) {
        const shown = source
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&quot;');
        assert.ok(text.includes(shown), source);
      }
    }
  });
});

function namedExamples({ content }: ApiResponse): string[] {
  return Object.values(content).flatMap(({ examples }) => Object.keys(examples ?? {}));
}

/** A schema, or the one it refers to. */
function resolved(schema: unknown): unknown {
  const { $ref } = schema as { $ref?: string };
  if ($ref === undefined) return schema;
  const found = reference.components.schemas[$ref.replace('#/components/schemas/', '')];
  assert.ok(found, `${$ref} leads somewhere`);
  return found;
}

/** Lets Fastify's own validator judge the examples. @returns the names of those that are wrong */
async function wrongOnes(
  examples: readonly { name: string; schema: unknown; example: unknown }[],
): Promise<string[]> {
  const customOptions = { coerceTypes: false, removeAdditional: false, useDefaults: false };
  await using app = fastify({ ajv: { customOptions } });
  app.get('/', (request) =>
    examples
      .filter(({ schema, example }) => {
        return !request.compileValidationSchema(schema as object)(example);
      })
      .map(({ name }) => name),
  );
  return (await app.inject('/')).json();
}
