import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';
import { BODY_KINDS, bodyOf, callsOf, type DocumentedCall } from './clients/calls.ts';
import type { Client } from './clients/client.ts';
import { curl } from './clients/curl.ts';
import { phpCurl, phpStreams, pythonUrllib } from './clients/scripts.ts';
import { readCollection } from './collection.ts';
import { answerDifferences } from './comparison.ts';
import { COVERED, WHOLE_FOLDERS } from './covered.ts';
import { writeFormFiles } from './form-files.ts';
import { WITHOUT_LOOKUPS } from './own-place.ts';
import { resetScene, setScene, type Scene } from './scene.ts';

// What customers' programs send, written by the programs themselves.

const CLIENTS: readonly Client[] = [curl, phpCurl, phpStreams, pythonUrllib];
/** What is easily lost between a program and a server. */
const HARD_TEXT = 'Grüße, سلام 😀 a&b=c+d 100% "x" \\ \'y\' #1?\nsecond line';

const requests = readCollection().filter(({ name }) =>
  WHOLE_FOLDERS.some((folder) => name.startsWith(`${folder} / `)),
);
const world = await TestWorld.start(WITHOUT_LOOKUPS);
after(() => world[Symbol.asyncDispose]());
let scene: Scene;
let unlinked: string;
let files: string;

before(async () => {
  scene = await setScene(world);
  unlinked = await world.makeService();
  files = writeFormFiles(world.dataDir, requests);
});

function documentedCalls(): DocumentedCall[] {
  const place = { url: world.gateway.url, agentKey: scene.agentKey, apiKeyFor: () => null };
  return requests.flatMap((request) => {
    const coverage = COVERED[request.name];
    assert.ok(coverage, `${request.name} is covered`);
    return callsOf(request, place, scene.keys[coverage.by], files);
  });
}

for (const client of CLIENTS) {
  describe(client.name, { skip: client.missing ?? false }, () => {
    test('every documented request, its body in every form, is answered as documented', async () => {
      scene = await resetScene(world, scene);
      const calls = documentedCalls();
      const received = await client.send(calls.map(({ call }) => call));
      const found = calls.flatMap(({ request, kind }, index) => {
        const answer = received[index];
        const differences =
          answer === undefined ? ['not answered'] : answerDifferences(request.example, answer);
        return differences.map((difference) => `${request.name} (${kind}): ${difference}`);
      });
      assert.deepEqual(found, []);
      assert.ok(received.length > requests.length);
    });

    test('a text arrives as it was written, by query and in every form of body', async () => {
      const fields = [
        { name: 'phonenumber', value: '+44 7400 733413' },
        { name: 'message', value: HARD_TEXT },
      ];
      const url = `${world.gateway.url}/sendMsg/${unlinked}`;
      const received = await client.send([
        { method: 'GET', url, query: fields, body: { kind: 'none' } },
        ...BODY_KINDS.map((kind) => ({
          method: 'POST',
          url,
          query: [],
          body: bodyOf(kind, fields),
        })),
      ]);
      assert.equal(received.length, 1 + BODY_KINDS.length);
      for (const { status, text } of received) {
        assert.equal(status, 200, text);
        const { messageId } = JSON.parse(text) as { messageId: number };
        const { json } = await world.ask(`/getStatus/${unlinked}?id=${messageId}`);
        assert.equal(json.text, HARD_TEXT);
        assert.equal(json.phonenumber, '447400733413');
      }
    });
  });
}
