import { createReadStream } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import { findReceivedFile } from '../../storage/received/find-received-file.ts';
import {
  fetchLostFileAgain,
  retryReceivedFile,
} from '../../storage/received/record-received-file.ts';
import type { Edge } from '../edge.ts';
import { fileHeaders, readRange } from './file-headers.ts';
import { nameOf } from './file-links.ts';

/** Failures that asking again does not change. */
const FINAL_FAILURES: ReadonlySet<string> = new Set(['too_large', 'refused']);

/**
 * `GET /media/TOKEN/NAME`: a received file, to whoever has the link from `receivedMessages`. While
 * it is being fetched from WhatsApp the answer is 503 with Retry-After; asking for a file whose
 * fetching was given up begins it anew. The name is for people and programs that look at it.
 */
export function addGetReceivedFile(app: FastifyInstance, edge: Edge): void {
  app.route<{ Params: { token: string; fileName: string } }>({
    method: 'GET',
    url: '/media/:token/:fileName',
    async handler(request, reply) {
      const key = edge.fileLinks.read(request.params.token);
      if (key === null) throw new Problem('invalid_media_link');
      const file = await findReceivedFile(edge.database, key);
      if (file === null || file.state === 'removed') throw new Problem('media_removed');
      if (file.state === 'failed') {
        if (FINAL_FAILURES.has(file.failure ?? '')) {
          throw new Problem('media_removed', `This file was not kept: ${file.failure}.`);
        }
        await retryReceivedFile(edge.database, key);
        edge.receivedFiles.wanted();
      }
      if (file.state !== 'stored' || file.spoolName === null) throw beingFetched();
      const path = await edge.receivedFiles.find(file.spoolName);
      if (path === null) {
        await fetchLostFileAgain(edge.database, key, file.spoolName);
        edge.receivedFiles.wanted();
        throw beingFetched();
      }
      const range = readRange(request.headers.range, file.bytes);
      if (range === 'outside') {
        return await reply.code(416).header('content-range', `bytes */${file.bytes}`).send();
      }
      const { start, end } = range ?? { start: 0, end: file.bytes - 1 };
      void reply.headers(fileHeaders(file.mimetype, nameOf({ ...key, ...file })));
      void reply.header('content-length', end - start + 1);
      if (range !== null) {
        void reply.code(206).header('content-range', `bytes ${start}-${end}/${file.bytes}`);
      }
      if (file.bytes === 0) return await reply.send(Buffer.alloc(0));
      return await reply.send(createReadStream(path, { start, end }));
    },
  });
}

function beingFetched(): Problem {
  return new Problem('not_ready', 'This file is being fetched from WhatsApp; try again soon.');
}
