import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { HttpOnly, type HttpAnswer, type TestService } from '../harness/http-only.ts';

// A disk that is full, made of a small file system in memory. Only root may make one; the spool's
// own test stands in for everybody else.

const DISK_BYTES = 8 * 1024 * 1024;
const PHONE = '447400733413';

let http: HttpOnly;
let service: TestService;
let hasSmallDisk = false;
const spool = (): string => join(http.dataDir, 'media');
before(async () => {
  http = await HttpOnly.start();
  service = await http.openService();
  hasSmallDisk = mount();
});
after(async () => {
  await http[Symbol.asyncDispose]();
  if (hasSmallDisk) execFileSync('umount', [spool()]);
});

function mount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', spool()];
    execFileSync('mount', options, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function post(fields: Record<string, string | File>): Promise<HttpAnswer> {
  const body = new FormData();
  for (const [name, value] of Object.entries({ phonenumber: PHONE, ...fields })) {
    body.append(name, value);
  }
  return http.ask(`/sendMsg/${service.apiKey}`, { method: 'POST', body });
}

const spooledFiles = (): number =>
  readdirSync(spool(), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .length;

test('a full disk refuses files and leaves nothing of them; texts and smaller files go on', async (context: TestContext) => {
  if (!hasSmallDisk) {
    context.skip('no small disk can be made here');
    return;
  }
  const large = randomBytes(2 * DISK_BYTES);
  const uploads = [
    { file: new File([large], 'a.bin') },
    { base64_file: large.toString('base64') },
  ] as const;
  for (const upload of uploads) {
    const answer = await post(upload);
    assert.equal(answer.status, 503, answer.text);
    assert.equal((answer.json as { code: string }).code, 'storage_full');
    assert.equal(answer.headers.get('retry-after'), '60');
    assert.equal(spooledFiles(), 0);
  }
  assert.equal(await http.countMessages(), 0);
  assert.equal((await post({ message: 'text' })).status, 200);
  const small = new File([large.subarray(0, 1_000_000)], 'a.bin');
  assert.equal((await post({ file: small })).status, 200);
  assert.equal(spooledFiles(), 1);
});
