import formBody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import { withoutByteOrderMark } from './parameter-collector.ts';

/** The three body forms clients use; every other is answered 415. */
export async function addBodyParsers(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJson(String(body)));
    } catch {
      done(new Problem('malformed_body', 'The body is not valid JSON.'));
    }
  });
  await app.register(formBody);
  await app.register(multipart);
}

/** An empty body is what some clients send along with everything in the query. */
function parseJson(body: string): unknown {
  const text = withoutByteOrderMark(body);
  return text.trim() === '' ? {} : JSON.parse(text);
}
