import { Type, type TSchema } from '@sinclair/typebox';
import { digitsOf } from '../../domain/phone-number.ts';
import type { Page, PageRequest } from '../../storage/messages/list-messages.ts';
import { single, wholeNumber, type Parameters } from '../parameters/parameters.ts';

const ROWS_PER_PAGE = 100;
const FIRST_PAGE = 1;

/** The four fields of a list, around its kind of row. */
export const pageOf = <Row extends TSchema>(row: Row) =>
  Type.Object({
    count: Type.Integer({ description: 'Rows on all pages.' }),
    pageCount: Type.Integer(),
    page: Type.String({ examples: ['page 1 from 1'] }),
    data: Type.Array(row),
  });

/**
 * Reads the documented `page` and `phonenumber` (a part of a number).
 * @throws Problem `invalid_parameter`
 */
export function readPageRequest(parameters: Parameters): PageRequest {
  return {
    page: wholeNumber(parameters, 'page', FIRST_PAGE, FIRST_PAGE),
    rowsPerPage: ROWS_PER_PAGE,
    phoneDigits: digitsOf(single(parameters, 'phonenumber') ?? ''),
  };
}

/** A page as the documented API writes it; an empty list has one page. */
export function describePage<Found, Row>(
  request: PageRequest,
  found: Page<Found>,
  describe: (row: Found) => Row,
): { count: number; pageCount: number; page: string; data: Row[] } {
  const pageCount = Math.max(FIRST_PAGE, Math.ceil(found.count / request.rowsPerPage));
  return {
    count: found.count,
    pageCount,
    page: `page ${request.page} from ${pageCount}`,
    data: found.rows.map((row) => describe(row)),
  };
}
