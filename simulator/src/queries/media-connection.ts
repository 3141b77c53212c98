import { QueryError } from './query.ts';
import type { QueryHandler } from './query.ts';

/** Where media can be uploaded. */
export const answerMediaConnection: QueryHandler = () => {
  throw new QueryError(501, 'feature-not-implemented');
};
