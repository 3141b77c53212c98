import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { after, describe, test } from 'node:test';
import { Client } from 'pg';
import { MEDIA_BYTES_MAX } from '../../src/domain/media.ts';
import { TestWorld } from '../harness/test-world.ts';

// Many files of 100 MB at once: memory stays bounded and the event loop free. For sixteen:
// UPLOADS=16 npm test -- media-out-load

const UPLOADS = Number(process.env['UPLOADS'] ?? 4);
const MEMORY_BYTES_MAX = 400 * 1024 * 1024;
/**
 * The clients, the database and other tests share the cores; alone it stays below 100. Whoever reads
 * such a body at once stalls for seconds.
 */
const LAG_MS_MAX = 400;
const PHONE = '447400733413';
/** Base64 in whole lines; its last piece fits too, since 100 MB are a multiple of it. */
const PIECE = Buffer.alloc(48 * 1024, 'some bytes of a file; ');

const world = await TestWorld.start({ LOG_LEVEL: 'warn' });
after(() => world[Symbol.asyncDispose]());
const apiKey = await world.makeService();

interface Form {
  readonly type: string;
  readonly before: string;
  readonly after: string;
  /** A piece of the file as it is written in this form. */
  readonly piece: (bytes: Buffer) => Buffer;
}

const part = (name: string): string => `--edge\r\ncontent-disposition: form-data; name="${name}"`;
const base64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('base64'));

const FORMS: Record<string, Form> = {
  'a file part': {
    type: 'multipart/form-data; boundary=edge',
    before: `${part('phonenumber')}\r\n\r\n${PHONE}\r\n${part('file')}; filename="a.bin"\r\n\r\n`,
    after: '\r\n--edge--\r\n',
    piece: (bytes) => bytes,
  },
  'Base64 in multipart': {
    type: 'multipart/form-data; boundary=edge',
    before: `${part('phonenumber')}\r\n\r\n${PHONE}\r\n${part('base64_file')}\r\n\r\n`,
    after: '\r\n--edge--\r\n',
    piece: base64,
  },
  'Base64 in a form': {
    type: 'application/x-www-form-urlencoded',
    before: `phonenumber=${PHONE}&base64_file=`,
    after: '&message=caption',
    piece: (bytes) => Buffer.from(encodeURIComponent(bytes.toString('base64'))),
  },
  'Base64 in JSON': {
    type: 'application/json',
    before: `{"phonenumber":"${PHONE}","base64_file":"`,
    after: '","message":"caption"}',
    piece: (bytes) => Buffer.from(bytes.toString('base64').replaceAll('/', '\\/')),
  },
};

function* bodyOf({ before, after: end, piece }: Form): Generator<Buffer> {
  yield Buffer.from(before);
  const whole = piece(PIECE);
  let left = MEDIA_BYTES_MAX;
  for (; left >= PIECE.length; left -= PIECE.length) yield whole;
  if (left > 0) yield piece(PIECE.subarray(0, left));
  yield Buffer.from(end);
}

async function upload(form: Form): Promise<void> {
  let length = 0;
  for (const chunk of bodyOf(form)) length += chunk.length;
  const sending = request(`${world.gateway.url}/sendMsg/${apiKey}`, {
    method: 'POST',
    headers: { 'content-type': form.type, 'content-length': length },
    agent: false,
  });
  const answered = once(sending, 'response');
  for (const chunk of bodyOf(form)) {
    if (!sending.write(chunk)) await once(sending, 'drain');
  }
  sending.end();
  const [response] = (await answered) as [IncomingMessage];
  assert.equal(response.statusCode, 200, await text(response));
}

/** The gateway's own numbers. */
async function metric(name: string): Promise<number> {
  const { text: page } = await world.askAsOperator('/metrics');
  const value = new RegExp(`^${name} (.+)$`, 'm').exec(page)?.[1];
  assert.ok(value !== undefined, page);
  return Number(value);
}

/** The most memory the gateway has ever held. Linux only: elsewhere what it holds now. */
async function peakMemory(): Promise<number> {
  if (process.platform !== 'linux') return await metric('process_resident_memory_bytes');
  const status = readFileSync(`/proc/${world.gateway.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

async function keptFiles(): Promise<number[]> {
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ bytes: string }>(`
    UPDATE media SET state = 'removed' FROM messages
    WHERE messages.media_id = media.id AND media.state = 'ready' RETURNING bytes`);
  await client.end();
  return rows.map((row) => Number(row.bytes));
}

describe(`${UPLOADS} files of 100 MB at once`, () => {
  for (const [name, form] of Object.entries(FORMS)) {
    test(`as ${name}`, async (context) => {
      await metric('nodejs_eventloop_lag_max_seconds');
      const startedMs = performance.now();
      await Promise.all(Array.from({ length: UPLOADS }, () => upload(form)));
      const tookMs = performance.now() - startedMs;
      const lagMs = (await metric('nodejs_eventloop_lag_max_seconds')) * 1000;
      const memoryBytes = await peakMemory();
      assert.deepEqual(
        await keptFiles(),
        Array.from({ length: UPLOADS }, () => MEDIA_BYTES_MAX),
      );
      const measured =
        `${(tookMs / 1000).toFixed(1)} s, ${Math.round(memoryBytes / 1024 / 1024)} MB at most, ` +
        `longest lag ${Math.round(lagMs)} ms`;
      await context.test(measured, () => {
        assert.ok(memoryBytes < MEMORY_BYTES_MAX);
        assert.ok(lagMs < LAG_MS_MAX);
      });
    });
  }
});
