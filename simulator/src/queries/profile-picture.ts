import { QueryError } from './query.ts';
import type { QueryHandler } from './query.ts';

/** Nobody in this world has a picture. */
export const answerPicture: QueryHandler = () => {
  throw new QueryError(404, 'item-not-found');
};
