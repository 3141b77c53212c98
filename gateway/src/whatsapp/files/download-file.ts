import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { DownloadResult } from '../../domain/media.ts';
import { createMediaAgent, type MediaHosts } from './media-hosts.ts';
import { placeOf, readSealedFile } from './sealed-file.ts';
import { createUnsealer, DamagedFile, FileTooLong } from './unseal.ts';

const IDLE_MS_MAX = 30_000;
const WHOLE_MS_MAX = 15 * 60 * 1000;
/** Padding and signature. */
const SEAL_BYTES_MAX = 16 + 10;
const GONE_STATUSES = new Set([403, 404, 410]);

/**
 * Downloads and opens the file of a received message, as a stream onto the disk; what is reported
 * as there is synced. Redirects are not followed.
 * @param source an encoded WebMessageInfo
 * @param path where to write; must not exist. Nothing is left there on failure
 */
export async function downloadFile(
  hosts: MediaHosts,
  source: Buffer,
  path: string,
  bytesMax: number,
): Promise<DownloadResult> {
  const file = readSealedFile(source);
  if (file === null) return { failure: 'damaged' };
  const place = placeOf(file, hosts);
  if (place === null) return { failure: 'refused' };
  try {
    const signal = AbortSignal.timeout(WHOLE_MS_MAX);
    const response = await ask(place, hosts, signal);
    if (response.statusCode !== 200) {
      response.destroy();
      const isGone = GONE_STATUSES.has(response.statusCode ?? 0);
      return { failure: isGone ? 'gone' : 'unreachable' };
    }
    if (Number(response.headers['content-length'] ?? 0) > bytesMax + SEAL_BYTES_MAX) {
      response.destroy();
      return { failure: 'too_large' };
    }
    const unsealer = await createUnsealer(file, bytesMax);
    const disk = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(response, unsealer, disk, { signal });
    return { bytes: (await stat(path)).size };
  } catch (error) {
    await rm(path, { force: true });
    return { failure: failureOf(error) };
  }
}

async function ask(place: URL, hosts: MediaHosts, signal: AbortSignal): Promise<IncomingMessage> {
  const request = get(place, {
    agent: createMediaAgent(hosts),
    signal,
    timeout: IDLE_MS_MAX,
    headers: { origin: 'https://web.whatsapp.com' },
  });
  request.on('timeout', () => request.destroy(new Error('no byte came for too long')));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

function failureOf(error: unknown): Extract<DownloadResult, { failure: string }>['failure'] {
  if (error instanceof FileTooLong) return 'too_large';
  if (error instanceof DamagedFile) return 'damaged';
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' ? 'storage_full' : 'unreachable';
}
