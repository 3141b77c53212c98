import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '../../domain/errors.ts';

/** What a page loads by itself; nobody asked for it by a click. */
const SUBRESOURCES = new Set([
  'audio',
  'embed',
  'font',
  'frame',
  'iframe',
  'image',
  'manifest',
  'object',
  'script',
  'style',
  'track',
  'video',
]);

/** Programs that open every link they see in order to show a preview. */
const PREVIEW_AGENTS =
  /facebookexternalhit|facebot|^whatsapp\/|slackbot|telegrambot|twitterbot|discordbot|linkedinbot|skypeuripreview|bingpreview|bingbot|googlebot|google-read-aloud/i;

const AHEAD_OF_TIME = /prefetch|prerender|preview/i;

/**
 * Refuses what a browser or a link preview requests by itself, and what another site's page makes a
 * browser request: the documented API acts on GET, so such a request would send a message.
 * Servers and command line tools send none of these headers.
 * @throws Problem `refused_by_policy`
 */
export function refuseAutomaticRequest(headers: IncomingHttpHeaders): void {
  const agent = headers['user-agent'];
  if (agent !== undefined && PREVIEW_AGENTS.test(agent)) throw new Problem('refused_by_policy');
  if (
    announcesPreview(headers['sec-purpose']) ||
    announcesPreview(headers['purpose']) ||
    announcesPreview(headers['x-purpose']) ||
    announcesPreview(headers['x-moz'])
  ) {
    throw new Problem('refused_by_policy');
  }
  const destination = headers['sec-fetch-dest'];
  if (typeof destination === 'string' && SUBRESOURCES.has(destination)) {
    throw new Problem('refused_by_policy');
  }
  if (headers['sec-fetch-site'] === 'cross-site') {
    throw new Problem(
      'refused_by_policy',
      'This request was made by a page of another site and was not acted on: call the API from a server.',
    );
  }
}

function announcesPreview(value: string | string[] | undefined): boolean {
  return value !== undefined && AHEAD_OF_TIME.test(String(value));
}
