import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { MockAgent } from 'undici';
import { systemClock } from '../runtime/clock.ts';
import { openOutgoing, type Outgoing } from '../runtime/outgoing/outgoing.ts';
import { systemRandom } from '../runtime/random.ts';
import { FetchFailure, fetchLink, type FetchedFile, type FetchLimits } from './fetch-link.ts';
import { openSpool, type Spool } from './spool.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const FILE = randomBytes(300_000);
const LIMITS: FetchLimits = { bytesMax: 1_000_000, totalMsMax: 2000, idleMsMax: 300 };
const directory = mkdtempSync(join(tmpdir(), 'fetch-'));
const answers: Record<string, Answer> = {};
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  (answers[request.url ?? ''] ?? notFound)(request, response);
});
let base = '';
let outgoing: Outgoing;
let spool: Spool;

function notFound(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404).end('no');
}

/** Where the rules hold, save for the server of this test. */
function judged(): Outgoing {
  const strict = openOutgoing({ allowPrivate: false });
  const loose = openOutgoing({ allowPrivate: true });
  return {
    readUrl: (written) => (written.startsWith(base) ? loose : strict).readUrl(written),
    dispatcher: loose.dispatcher,
    async close() {
      await loose.close();
      await strict.close();
    },
  };
}

before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  outgoing = judged();
  spool = await openSpool(directory, systemRandom);
});
after(async () => {
  await outgoing.close();
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

function fetchFrom(answer: Answer, limits: Partial<FetchLimits> = {}): Promise<FetchedFile> {
  answers['/file'] = answer;
  const parts = { outgoing, spool, clock: systemClock, limits: { ...LIMITS, ...limits } };
  return fetchLink(`${base}/file`, parts, new AbortController().signal);
}

async function assertFails(
  fetching: Promise<unknown>,
  reason: string,
  isTemporary: boolean,
): Promise<void> {
  await assert.rejects(fetching, (error) => {
    assert.ok(error instanceof FetchFailure, String(error));
    assert.equal(`${error.reason}, ${error.message}`.startsWith(reason), true, error.message);
    assert.equal(error.isTemporary, isTemporary, error.message);
    return true;
  });
  const left = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = left.filter((name) => statSync(join(directory, name)).isFile());
  assert.deepEqual(files, [], 'nothing is left in the spool');
}

const redirectTo =
  (location: string, status = 302): Answer =>
  (_request, response) => {
    response.writeHead(status, { location }).end();
  };

test('a file comes into the spool as it is, asked for as it is', async () => {
  const fetched = await fetchFrom((request, response) => {
    assert.equal(request.headers['accept-encoding'], 'identity');
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(FILE);
  });
  assert.equal(fetched.declaredType, 'image/jpeg');
  assert.equal(fetched.file.bytes, FILE.length);
  assert.deepEqual(readFileSync(spool.pathOf(fetched.file.name)), FILE);
  await spool.remove(fetched.file.name);
});

test('three redirects are followed, a fourth is not', async () => {
  for (const hop of [1, 2]) answers[`/hop${hop}`] = redirectTo(`/hop${hop + 1}`, 307);
  answers['/hop3'] = (_request, response) => {
    response.end(FILE);
  };
  const fetched = await fetchFrom(redirectTo(`${base}/hop1`, 301));
  assert.equal(fetched.file.bytes, FILE.length);
  await spool.remove(fetched.file.name);
  answers['/hop3'] = redirectTo('/hop4');
  answers['/hop4'] = (_request, response) => {
    response.end(FILE);
  };
  asked.length = 0;
  await assertFails(fetchFrom(redirectTo('/hop1')), 'link_unreachable', false);
  assert.ok(!asked.includes('/hop4'));
  await assertFails(fetchFrom(redirectTo('/file')), 'link_unreachable', false);
});

describe('a redirect to where no link may lead', () => {
  const places = [
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:10.0.0.1]/',
    'http://localhost/',
    'http://example.com:22/',
    'http://user:pass@example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
  ];
  for (const place of places) {
    test(place, () => assertFails(fetchFrom(redirectTo(place)), 'link_not_allowed', false));
  }

  test('nowhere', () => assertFails(fetchFrom(redirectTo('http://')), 'link_unreachable', false));
});

const drip: Answer = (_request, response) => {
  const timer = setInterval(() => response.write('x'), 50);
  response.on('close', () => clearInterval(timer));
};

describe('answers that are no file', () => {
  const cases: [string, Answer, string, boolean][] = [
    ['404', notFound, 'link_unreachable', false],
    ['204', (_request, response) => response.writeHead(204).end(), 'link_unreachable', false],
    ['206', (_request, response) => response.writeHead(206).end(FILE), 'link_unreachable', false],
    ['503', (_request, response) => response.writeHead(503).end(), 'link_unreachable', true],
    ['429', (_request, response) => response.writeHead(429).end(), 'link_unreachable', true],
    ['an empty file', (_request, response) => response.end(), 'link_unreachable', false],
    [
      'a page',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>');
      },
      'media_type_not_allowed',
      false,
    ],
    [
      'compressed though not asked to be',
      (_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(FILE));
      },
      'media_type_not_allowed',
      false,
    ],
    [
      'announced too long',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 5_000_000_000 }).write('x');
      },
      'media_too_large',
      false,
    ],
    [
      'endless',
      (_request, response) => {
        const more = (): void => {
          while (response.write(FILE));
        };
        response.on('drain', more);
        more();
      },
      'media_too_large',
      false,
    ],
    [
      'shorter than announced',
      (_request, response) => {
        response.writeHead(200, { 'content-length': FILE.length });
        response.write(FILE.subarray(1000), () => response.destroy());
      },
      'link_unreachable',
      true,
    ],
    ['nothing at all', () => undefined, 'link_unreachable', true],
    [
      'a beginning and then nothing',
      (_request, response) => {
        response.writeHead(200).write('x');
      },
      'link_unreachable',
      true,
    ],
    ['a broken connection', (request) => request.socket.destroy(), 'link_unreachable', true],
  ];
  for (const [name, answer, reason, isTemporary] of cases) {
    test(name, () => assertFails(fetchFrom(answer), reason, isTemporary));
  }

  test('a byte now and then', async () => {
    const fetching = fetchFrom(drip, { totalMsMax: 700 });
    await assertFails(fetching, 'link_unreachable, fetching took too long', false);
  });
});

test('a redirect that leaves https', async () => {
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  const secure = dispatcher.get('https://example.com');
  secure.intercept({ path: '/' }).reply(302, '', { headers: { location: 'http://example.com/' } });
  const parts = { spool, clock: systemClock, limits: LIMITS };
  const fetching = fetchLink(
    'https://example.com/',
    { ...parts, outgoing: { ...outgoing, dispatcher } },
    new AbortController().signal,
  );
  await assertFails(fetching, 'link_not_allowed', false);
});

test('nobody listens; the name does not exist', async () => {
  const parts = { outgoing, spool, clock: systemClock, limits: LIMITS };
  const { signal } = new AbortController();
  const closed = createServer();
  await once(closed.listen(0, '127.0.0.1'), 'listening');
  const { port } = closed.address() as AddressInfo;
  await once(closed.close(), 'close');
  const loose = openOutgoing({
    allowPrivate: true,
    resolve: () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })),
  });
  const nobody = fetchLink(`http://127.0.0.1:${port}/`, { ...parts, outgoing: loose }, signal);
  await assertFails(nobody, 'link_unreachable', true);
  const unknown = fetchLink('http://nowhere.example/', { ...parts, outgoing: loose }, signal);
  await assertFails(unknown, 'link_unreachable', false);
  await loose.close();
});

test('who stops the fetch is told so', async () => {
  const stopping = new AbortController();
  answers['/file'] = () => stopping.abort(new Error('stopped'));
  const parts = { outgoing, spool, clock: systemClock, limits: LIMITS };
  await assert.rejects(fetchLink(`${base}/file`, parts, stopping.signal), /^Error: stopped$/);
});
