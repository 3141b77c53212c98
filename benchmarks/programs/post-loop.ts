// The limit of delivering: bare loops that POST the documented body with undici and read the answer.

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
const headers = { 'content-type': 'application/json' };

answer('post', async ({ urls, loopsPerUrl, posts }: PostLoop): Promise<void> => {
  const postsPerLoop = posts / (urls.length * loopsPerUrl);
  const loops = urls.flatMap((url) => Array.from({ length: loopsPerUrl }, () => url));
  await Promise.all(
    loops.map(async (url, loop) => {
      for (let count = 0; count < postsPerLoop; count += 1) {
        const body = JSON.stringify({ ID: String(loop * postsPerLoop + count), Delivery: 3 });
        const taken = await request(url, { method: 'POST', dispatcher, headers, body });
        await taken.body.text();
        if (taken.statusCode !== 200) throw new Error(`it answered ${taken.statusCode}`);
      }
    }),
  );
});
