import type { FastifyRequest } from 'fastify';
import { REFUSE_FILES } from './file-parts.ts';
import { hasLongBody, readLongBody } from './long-body.ts';
import { readMultipart, type FileParts } from './multipart.ts';
import { ParameterCollector } from './parameter-collector.ts';
import type { Parameters } from './parameters.ts';

/**
 * The parameters of a request: from the query of a GET; from a JSON, urlencoded or multipart body of
 * a POST, and from its query where the body is silent.
 * @param files what becomes of files, on routes that take them
 * @throws Problem for bodies and values that can not be read
 */
export async function readParameters(
  request: FastifyRequest,
  files: FileParts = REFUSE_FILES,
): Promise<Parameters> {
  if (request.method === 'GET') return readQuery(request);
  const collector = new ParameterCollector();
  if (request.isMultipart()) {
    await readMultipart(request, collector, files);
  } else if (hasLongBody(request)) {
    collector.addJson(await readLongBody(request, (text) => files.takeBase64(text)));
  } else if (request.body !== undefined) {
    // The parsers in `body-parsers.ts` answer objects; a form never holds anything but texts.
    collector.addJson(request.body);
  }
  collector.addMissing(readQuery(request));
  return collector.parameters;
}

/** The parameters of the query alone. */
function readQuery(request: FastifyRequest): Parameters {
  const collector = new ParameterCollector();
  collector.addForm(request.query as object);
  return collector.parameters;
}
