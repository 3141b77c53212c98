import newman from 'newman';
import type { Collection } from './collection.ts';
import type { ReceivedAnswer } from './comparison.ts';

const REQUEST_TIMEOUT_MS = 20_000;

/**
 * Runs a collection with newman, Postman's own runner.
 * @param filesFolder where the files of its forms lie
 * @returns the answers in the collection's order
 * @throws when newman could not run it, or a request was not answered
 */
export async function runNewman(
  collection: Collection,
  filesFolder: string,
): Promise<ReceivedAnswer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<newman.NewmanRunSummary>();
  newman.run(
    {
      // newman reads version 2.0 of the format as well, which its type does not say.
      collection: collection as unknown as newman.NewmanRunOptions['collection'],
      workingDir: filesFolder,
      timeoutRequest: REQUEST_TIMEOUT_MS,
      reporters: [],
    },
    (error, summary) => {
      if (error === null) resolve(summary);
      else reject(error);
    },
  );
  const { run } = await promise;
  return run.executions.map(({ item, response }) => {
    if (response === undefined) throw new Error(`"${item.name}" was not answered`);
    return {
      status: response.code,
      contentType: String(response.headers.get('content-type') ?? ''),
      text: response.stream?.toString() ?? '',
    };
  });
}
