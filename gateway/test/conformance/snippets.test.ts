import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ApiDocument } from '../../src/http/reference/open-api.ts';
import { TestWorld } from '../harness/test-world.ts';
import { run } from './clients/client.ts';
import { curl } from './clients/curl.ts';
import { phpCurl, pythonUrllib } from './clients/scripts.ts';
import { resetScene, scheduleMessage, setScene, type Scene, type ServiceRole } from './scene.ts';

// What the reference tells its readers to type is typed.

const RUNNERS = {
  curl: { command: 'sh', given: ['-s'], missing: curl.missing },
  PHP: { command: 'php', given: [], missing: phpCurl.missing },
  Python: { command: 'python3', given: ['-'], missing: pythonUrllib.missing },
  TypeScript: {
    command: process.execPath,
    given: ['--input-type=module-typescript', '-'],
    missing: null,
  },
} as const;

/** Whose key stands for APIKEY, where it is not the linked service's. */
const ROLES: Readonly<Record<string, ServiceRole>> = {
  '/module/qrCode': 'fresh',
  '/module/loginWithCode': 'pairing',
  '/module/connect': 'ofAgent',
  '/module/disconnect': 'ofAgent',
  '/module/suspend': 'ofAgent',
  '/module/unsuspend': 'ofAgent',
  '/module/renew': 'ofAgent',
  '/module/remove': 'disposable',
  '/admin/services/{apiKey}/expire': 'busy',
  '/webhook/resend/{apiKey}': 'hookedPending',
  '/webhook/secret/{apiKey}': 'hookedIdle',
  '/webhook/deliveries/{apiKey}': 'hookedIdle',
  '/module/rotateKey': 'disposable',
  '/admin/services/{apiKey}/rotate-key': 'disposable',
  '/admin/services/{apiKey}/suspend': 'ofAgent',
  '/admin/services/{apiKey}/unsuspend': 'ofAgent',
  '/admin/services/{apiKey}/renew': 'ofAgent',
  '/admin/services/{apiKey}/remove': 'disposable',
};
/**
 * What the scene can not show: a file, a failed message, an event and a transaction of just this id,
 * a service that time has removed, a subscription; nothing is posted anywhere, and the agent keeps
 * its key for the next language.
 */
const LEFT_OUT = new Set([
  '/media/{token}/{fileName}',
  '/messages/{apiKey}/{messageId}/resend',
  '/webhook/replay/{apiKey}',
  '/webhook/test/{apiKey}',
  '/module/webhook/test',
  '/admin/agents/{agentId}/webhook/test',
  '/events/ack/{apiKey}',
  '/events/stream/{apiKey}',
  '/module/rotateAgentKey',
  '/admin/agents/{agentId}/rotate-key',
  '/admin/agents/{agentId}/subscription',
  '/admin/agents/{agentId}/reversals',
  '/admin/services/{apiKey}/restore',
]);
/** What can be done to a service once, or not at once again. */
const ONCE = new Set([
  '/module/remove',
  '/module/rotateKey',
  '/webhook/resend/{apiKey}',
  '/admin/services/{apiKey}/rotate-key',
  '/admin/services/{apiKey}/remove',
]);
/** The message of the reference's examples. */
const EXAMPLE_MESSAGE = '/565';
/** How the four print an error's `code`. */
const ERROR = /\bcode\b["'\]]*\s*(:|=>)/;

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
let scene: Scene;
let reference: ApiDocument;

before(async () => {
  scene = await setScene(world);
  reference = (await world.ask('/openapi.json')).json as ApiDocument;
});

function samplesOf(lang: string): { path: string; source: string }[] {
  return Object.entries(reference.paths).flatMap(([path, operations]) =>
    Object.values(operations)
      .flatMap((operation) => operation['x-codeSamples'] ?? [])
      .filter((sample) => sample.lang === lang && !LEFT_OUT.has(path))
      .map(({ source }) => ({ path, source })),
  );
}

function filledIn(path: string, source: string): string {
  return source
    .replaceAll('http://127.0.0.1:3000', world.gateway.url)
    .replaceAll('AGENTKEY', scene.agentKey)
    .replaceAll('APIKEY', scene.keys[ROLES[path] ?? 'linked'])
    .replaceAll('ADMINTOKEN', world.gateway.adminToken);
}

for (const [lang, { command, given, missing }] of Object.entries(RUNNERS)) {
  describe(lang, { skip: missing ?? false }, () => {
    test('every snippet of the reference does what it says', async () => {
      const samples = samplesOf(lang);
      assert.ok(samples.length >= 20);
      for (const { path, source } of samples) {
        if (ONCE.has(path)) scene = await resetScene(world, scene);
        const id = await scheduleMessage(world, scene.keys.linked);
        const typed = filledIn(path, source).replace(EXAMPLE_MESSAGE, `/${id}`);
        const output = await run(command, given, typed);
        assert.notEqual(output.trim(), '', path);
        assert.doesNotMatch(output, ERROR, `${path}\n${typed}\n${output}`);
      }
    });
  });
}
