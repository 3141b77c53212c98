import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';
import { formOf, loadCollection, readCollection, type DocumentedRequest } from './collection.ts';
import { answerDifferences, type ReceivedAnswer } from './comparison.ts';
import { COVERED, WHOLE_FOLDERS } from './covered.ts';
import { writeFormFiles } from './form-files.ts';
import { WITHOUT_LOOKUPS, withOwnPlace } from './own-place.ts';
import { runNewman } from './run-newman.ts';
import { setScene } from './scene.ts';

const root = join(import.meta.dirname, '../../..');
const TABLE = join(root, 'docs/conformance.md');
/** Where the collection may lie newer than the copy here. */
const ORIGINAL = join(root, '../shared/reference/whatsiplus.postman_collection.json');

const requests = readCollection();
const covered = requests.filter(({ name }) => COVERED[name] !== undefined);
const answers = new Map<DocumentedRequest, ReceivedAnswer>();
const world = await TestWorld.start(WITHOUT_LOOKUPS);
after(() => world[Symbol.asyncDispose]());

before(async () => {
  const { agentKey, keys } = await setScene(world);
  const collection = withOwnPlace(loadCollection(), {
    url: world.gateway.url,
    agentKey,
    apiKeyFor: (name) => {
      const coverage = COVERED[name];
      return coverage === undefined ? null : keys[coverage.by];
    },
  });
  const received = await runNewman(collection, writeFormFiles(world.dataDir, requests));
  for (const [index, request] of covered.entries()) {
    const answer = received[index];
    if (answer !== undefined) answers.set(request, answer);
  }
});

describe('newman runs the collection and is answered as in its examples', () => {
  for (const request of covered) {
    test(`${request.name} (${formOf(request)})`, () => {
      assert.deepEqual(differencesOf(request), []);
    });
  }
});

for (const folder of WHOLE_FOLDERS) {
  test(`no request of "${folder}" is missing`, () => {
    const missing = requests.filter(
      (request) => request.name.startsWith(`${folder} / `) && !answers.has(request),
    );
    assert.deepEqual(
      missing.map(({ name }) => name),
      [],
    );
  });
}

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
    'Write it anew with: UPDATE_DOCS=1 npm test -- conformance.test',
  );
});

test('the copy of the collection is the original', { skip: !existsSync(ORIGINAL) }, () => {
  const copy = join(import.meta.dirname, 'whatsiplus.postman_collection.json');
  assert.equal(readFileSync(copy, 'utf8'), readFileSync(ORIGINAL, 'utf8'));
});

function differencesOf(request: DocumentedRequest): string[] {
  const answer = answers.get(request);
  return answer === undefined ? ['not answered'] : answerDifferences(request.example, answer);
}

function describeAll(): string {
  const rows = requests.map((request) => {
    const isServed = answers.has(request);
    const verdict = isServed ? differencesOf(request).join('; ') || 'equal' : 'not served yet';
    const name = request.name.replaceAll('|', '\\|');
    const note = COVERED[request.name]?.note ?? '';
    return `| ${name} | ${formOf(request)} | ${request.example.status} | ${verdict} | ${note} |`;
  });
  return [
    '# Conformance to the documented API',
    '',
    'Made by `gateway/test/conformance`: newman, Postman’s own runner, runs the collection against a',
    'gateway in a process of its own with linked accounts; host and keys are other ones, nothing else',
    'is changed. Each answer is compared with the example answer: HTTP status, content type, field',
    'names, order and types, and the wording wherever it is not data of the caller.',
    '',
    `${answers.size} of ${requests.length} requests are served.`,
    '',
    '| request | form | status | fields, order, types, wording | note |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
