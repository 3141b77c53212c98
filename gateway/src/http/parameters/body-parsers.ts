import formBody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import { parseForm, parseJson, parseJsonObject } from './parse-body.ts';

/**
 * The body forms clients use; every other is answered 415. JSON also comes under wrong names:
 * Postman sends the collection's own `sendLocation (JSON)` as `text/plain`, as .NET does with a
 * `StringContent`, and `curl -d` calls everything a form.
 */
export async function addBodyParsers(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJson(String(body)));
    } catch {
      done(new Problem('malformed_body', 'The body is not valid JSON.'));
    }
  });
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => {
    const parsed = parseJsonObject(String(body));
    if (parsed === null) done(new Problem('unsupported_content_type'));
    else done(null, parsed);
  });
  await app.register(formBody, { parser: parseForm });
  await app.register(multipart);
}
