import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../domain/errors.ts';
import { withoutLongValue, type LongValueForm } from './long-value.ts';
import { StreamedForm } from './streamed-form.ts';
import { StreamedJson } from './streamed-json.ts';

async function* inPieces(text: string, length: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) {
    await Promise.resolve();
    yield bytes.subarray(at, at + length);
  }
}

/** Reads a body cut in pieces of several lengths, which must make no difference. */
async function split(
  newForm: () => LongValueForm,
  body: string,
): Promise<{ rest: string; values: string[] }> {
  const results: { rest: string; values: string[] }[] = [];
  for (const length of [1, 2, 3, 7, 10_000]) {
    const values: string[] = [];
    const rest = await withoutLongValue(inPieces(body, length), newForm(), async (bytes) => {
      const pieces: Buffer[] = [];
      for await (const piece of bytes) pieces.push(piece);
      values.push(Buffer.concat(pieces).toString());
    });
    results.push({ rest, values });
  }
  for (const result of results) assert.deepEqual(result, results[0], body);
  const [first] = results;
  assert.ok(first !== undefined);
  return first;
}

const splitJson = (body: string) => split(() => new StreamedJson(), body);
const splitForm = (body: string) => split(() => new StreamedForm(), body);

const refusedAs = (code: string) => (error: unknown) =>
  error instanceof Problem && error.code === code;

test('JSON gives its long value away and keeps the rest', async () => {
  const body = { message: 'a "quoted" \\ text, {"base64_file":"no"}', n: [1, { x: '}' }] };
  const full = JSON.stringify({ ...body, base64_file: 'QUJD/+', phonenumber: '1' });
  const { rest, values } = await splitJson(full);
  assert.deepEqual(values, ['QUJD/+']);
  assert.deepEqual(JSON.parse(rest), { ...body, base64_file: '', phonenumber: '1' });
});

test('JSON with escaped slashes, spaces, and the value first', async () => {
  const { rest, values } = await splitJson(
    String.raw`{ "base64_file" : "data:image\/png;base64,QUJD\/\/\u002B\u002bX\r\nY=" , "a":1}`,
  );
  assert.deepEqual(values, ['data:image/png;base64,QUJD//++X  Y=']);
  assert.deepEqual(JSON.parse(rest), { base64_file: '', a: 1 });
});

test('JSON in which only something else is called so', async () => {
  const bodies = [
    '{"a":{"base64_file":"QUJD"}}',
    '["base64_file","QUJD"]',
    '{"a":"base64_file","b":"QUJD"}',
    '{"base64_file_":"QUJD"}',
    '{"xbase64_file":"QUJD"}',
    '{"base64_file":null,"b":"QUJD"}',
    '"base64_file"',
  ];
  for (const body of bodies) assert.deepEqual(await splitJson(body), { rest: body, values: [] });
});

test('JSON that ends inside the value, or has it twice, is refused', async () => {
  await assert.rejects(splitJson('{"base64_file":"QUJD'), refusedAs('malformed_body'));
  const twice = '{"base64_file":"QUJD","base64_file":"QUJD"}';
  await assert.rejects(splitJson(twice), refusedAs('invalid_parameter'));
});

test('what is no long value is as short as any body', async () => {
  const body = `{"message":"${'x'.repeat(1024 * 1024)}","base64_file":"QUJD"}`;
  await assert.rejects(
    withoutLongValue(inPieces(body, 60_000), new StreamedJson(), () => Promise.resolve()),
    refusedAs('body_too_large'),
  );
});

test('a form gives its long value away and keeps the rest', async () => {
  const { rest, values } = await splitForm('a=1%262&base64_file=QU%2FJ%2bD+%0d%0AQ%3D%3d&b=x=y&c');
  assert.deepEqual(values, ['QU/J+D+\r\nQ==']);
  assert.equal(rest, 'a=1%262&base64_file=&b=x=y&c');
  assert.deepEqual((await splitForm('base64%5Ffile=QUJD')).values, ['QUJD']);
  assert.deepEqual((await splitForm('\uFEFFbase64_file=QUJD&a=b')).values, ['QUJD']);
  for (const body of ['a=base64_file=QUJD', 'base64_filex=QUJD', 'base64_file', '']) {
    assert.deepEqual(await splitForm(body), { rest: body, values: [] });
  }
});
