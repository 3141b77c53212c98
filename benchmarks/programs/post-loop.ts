// The limit of delivering: bare loops that POST the same requests with undici and read the answer.
// Signatures were made beforehand: what is signed and kept is the gateway's own work.

import { Agent, request } from 'undici';
import { answer } from '../processes/answering.ts';

/** What to post, and how. */
export interface PostLoop {
  /** Loops share them. */
  readonly urls: readonly string[];
  readonly loopsPerUrl: number;
  readonly posts: number;
}

const dispatcher = new Agent();
const headers = {
  'webhook-timestamp': '1760000000',
  'webhook-signature': `v1,${Buffer.alloc(32, 's').toString('base64')}`,
  'content-type': 'application/json',
  'user-agent': 'Tickwire',
};

answer('post', async ({ urls, loopsPerUrl, posts }: PostLoop): Promise<void> => {
  const postsPerLoop = posts / (urls.length * loopsPerUrl);
  const loops = urls.flatMap((url) => Array.from({ length: loopsPerUrl }, () => url));
  await Promise.all(
    loops.map(async (url, loop) => {
      for (let count = 0; count < postsPerLoop; count += 1) {
        const id = String(loop * postsPerLoop + count);
        const taken = await request(url, {
          method: 'POST',
          dispatcher,
          headers: { 'webhook-id': `evt_${id}`, ...headers },
          body: JSON.stringify({ ID: id, Delivery: 3 }),
        });
        await taken.body.text();
        if (taken.statusCode !== 200) throw new Error(`it answered ${taken.statusCode}`);
      }
    }),
  );
});
