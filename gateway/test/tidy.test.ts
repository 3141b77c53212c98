import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { checkHouse } from './tidy/check-house.ts';
import { parseSource, readSources } from './tidy/source.ts';

const root = dirname(dirname(import.meta.dirname));

test('the house is tidy', () => {
  const sources = readSources(root);
  const inGateway = sources.filter(({ path }) => path.startsWith('gateway/src/'));
  assert.ok(inGateway.length > 20, `only ${inGateway.length} files of the gateway were found`);
  assert.deepEqual(checkHouse(sources), []);
});

test('looking at nothing is a failure', () => {
  assert.throws(() => checkHouse([]), /no files/);
  assert.throws(() => checkHouse(readSources('/nonexistent')), /no files/);
});

/** What the checker says about made-up files, by their paths. */
function complaints(files: Readonly<Record<string, string>>): string[] {
  return checkHouse(Object.entries(files).map(([path, text]) => parseSource(path, text)));
}

function assertRed(expected: RegExp, files: Readonly<Record<string, string>>): void {
  const found = complaints(files);
  assert.equal(found.length, 1, `one complaint, not ${JSON.stringify(found)}`);
  assert.match(found[0] ?? '', expected);
}

function assertGreen(files: Readonly<Record<string, string>>): void {
  assert.deepEqual(complaints(files), []);
}

function lines(count: number): string {
  return 'call();\n'.repeat(count);
}

describe('each rule is seen red', () => {
  test('a folder outside the table', () => {
    assertRed(/"stuff" has no place/, { 'gateway/src/stuff/a.ts': '' });
    assertRed(/"other.ts" has no place/, { 'gateway/src/other.ts': '' });
  });

  test('an import against the table, of values, types, re-exports and at run time', () => {
    const path = 'gateway/src/domain/a.ts';
    const wanted = /domain may not import gateway\/src\/storage\/b\.ts/;
    assertRed(wanted, { [path]: `import { b } from '../storage/b.ts';` });
    assertRed(wanted, { [path]: `import type { B } from '../storage/b.ts';` });
    assertRed(wanted, { [path]: `export * from '../storage/b.ts';` });
    assertRed(wanted, { [path]: `export { b } from '../storage/b.ts';` });
    assertRed(wanted, { [path]: `const b = await import('../storage/b.ts');` });
    assertRed(wanted, { [path]: `type B = import('../storage/b.ts').B;` });
    assertRed(/http may not import simulator/, {
      'gateway/src/http/a.ts': `import '../../../simulator/src/index.ts';`,
    });
    assertRed(/main.ts may not import/, { 'gateway/src/main.ts': `import './http/a.ts';` });
  });

  test('imports with the table, and of tests, which stand outside it', () => {
    assertGreen({ 'gateway/src/storage/a.ts': `import '../domain/b.ts'; import './c.ts';` });
    assertGreen({ 'gateway/src/domain/a.test.ts': `import '../storage/b.ts';` });
    assertGreen({
      'gateway/src/gateway.ts': `import './http/a.ts'; import '@tickwire/simulator';`,
    });
  });

  test('whatsapp sees one file of sessions', () => {
    assertGreen({ 'gateway/src/whatsapp/a.ts': `import '../sessions/connection.ts';` });
    assertRed(/may not import/, { 'gateway/src/whatsapp/a.ts': `import '../sessions/b.ts';` });
  });

  test('Baileys outside whatsapp, the simulator outside simulated-whatsapp.ts', () => {
    assertRed(/only whatsapp/, { 'gateway/src/inbox/a.ts': `import { proto } from 'baileys';` });
    assertRed(/only whatsapp/, { 'gateway/src/inbox/a.ts': `import 'libsignal/src/curve.js';` });
    assertGreen({ 'gateway/src/whatsapp/a.ts': `import { proto } from 'baileys';` });
    assertGreen({ 'simulator/src/a.ts': `import { proto } from 'baileys';` });
    assertRed(/only simulated-whatsapp.ts/, {
      'gateway/src/http/a.ts': `import '@tickwire/simulator';`,
    });
  });

  test('the simulator importing the gateway', () => {
    assertRed(/simulator may not/, { 'simulator/src/a.ts': `import '../../gateway/src/b.ts';` });
    assertRed(/simulator may not/, { 'simulator/test/a.ts': `import '@tickwire/gateway/b.ts';` });
  });

  test('an import cycle', () => {
    assertRed(/cycle: .*a\.ts -> .*b\.ts -> .*c\.ts -> .*a\.ts/, {
      'gateway/src/domain/a.ts': `import './b.ts';`,
      'gateway/src/domain/b.ts': `import './c.ts';`,
      'gateway/src/domain/c.ts': `import type { A } from './a.ts';`,
      'gateway/src/domain/d.ts': `import './b.ts';`,
    });
  });

  test('the environment outside config', () => {
    const reading = `const port = process.env['PORT'];`;
    assertRed(/:1: only config/, { 'gateway/src/http/a.ts': reading });
    assertRed(/only config/, { 'simulator/src/a.ts': `import { env } from 'node:process';` });
    assertGreen({ 'gateway/src/config/a.ts': reading, 'simulator/src/main.ts': reading });
  });

  test('SQL outside storage', () => {
    const path = 'gateway/src/outbox/a.ts';
    assertRed(/:1: SQL/, { [path]: 'const query = sql`now()`;' });
    assertRed(/:2: SQL/, { [path]: `\nawait pool.query('SELECT 1');` });
    assertRed(/SQL/, { [path]: 'pool.query(`\n  INSERT INTO a VALUES (${b})`);' });
    assertGreen({ [path]: `const method = 'DELETE';`, 'gateway/src/storage/a.ts': 'sql`now()`;' });
  });

  test('a long file, a long function, a long main.ts', () => {
    assertRed(/401 lines, at most 400/, { 'simulator/src/a.ts': lines(401) });
    assertRed(/:1: a function of 72 lines/, {
      'benchmarks/a.ts': `function a() {\n${lines(70)}}`,
    });
    assertRed(/31 lines, at most 30/, { 'gateway/src/main.ts': lines(31) });
    assertGreen({ 'simulator/src/a.ts': `${lines(400)}${'// why\n\n'.repeat(50)}` });
    assertGreen({ 'gateway/test/a.test.ts': `suite(() => {\n${lines(90)}});` });
  });

  test('a folder whose name says nothing', () => {
    assertRed(/"utils" says nothing/, { 'simulator/src/utils/a.ts': '' });
    assertRed(/"services" says nothing/, { 'gateway/src/domain/services/a.ts': '' });
    assertGreen({ 'gateway/src/storage/services/a.ts': '' });
  });

  test('a test that sleeps', () => {
    const path = 'gateway/test/a.test.ts';
    const wanted = /sleeps/;
    assertRed(wanted, { [path]: `await new Promise((r) => setTimeout(r, 10));` });
    assertRed(wanted, { [path]: `new Promise((r) => { setTimeout(() => r(), 10); });` });
    assertRed(wanted, { [path]: `import { setTimeout as wait } from 'node:timers/promises';` });
    assertGreen({ [path]: `new Promise((_, reject) => setTimeout(reject, 10));` });
  });

  test('a promise to do something later', () => {
    assertRed(/:1: a promise/, { 'gateway/src/domain/a.ts': '// TODO: later' });
    assertRed(/:2: a promise/, { 'launch/a.ts': '\n/** FIXME */' });
  });

  test('two endpoints in a file', () => {
    const route = `app.route({ method: 'GET', url: '/a', handler });`;
    assertRed(/2 endpoints/, { 'gateway/src/http/tenant/a.ts': route + route });
    assertRed(/2 endpoints/, { 'gateway/src/http/tenant/a.ts': `${route} app.post('/b', f);` });
    assertGreen({ 'gateway/src/http/tenant/a.ts': `${route} map.get('key'); headers.get('/');` });
  });
});
