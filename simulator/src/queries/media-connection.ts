import { stanza } from '../wire/stanza.ts';
import type { QueryHandler } from './query.ts';

/** Where media can be uploaded. Named twice: clients try the next host when one has failed. */
export const answerMediaConnection: QueryHandler = ({ world }) => {
  const { hostname } = world.media;
  const host = stanza('host', { hostname, maxContentLengthBytes: String(2 ** 31) });
  const attributes = { auth: 'simulator', ttl: '3600', auth_ttl: '21600', max_buckets: '12' };
  return [stanza('media_conn', attributes, [host, host])];
};
