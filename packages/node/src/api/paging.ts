/**
 * Paging as clients know it: a page holds 1 to 100 items, anything else means 100; the order is ascending only when asked
 * for by exactly that value; the cursor is exclusive and 0 means the edge. The answer names a cursor only when the page is
 * full, so a client stops at the first page that is not.
 *
 * Source: node API section "Reading".
 */
import { create, type PagingInfo, PagingInfoSchema, SortDirection, toBinary } from '@conclave/proto';

/** A request's paging with nothing left open. */
export interface Paging {
  readonly direction: 'ascending' | 'descending';
  readonly limit: number;
  readonly cursor: bigint;
}

/** Reads what a client sent; `maxLimit` is both the cap and the default. */
export function readPaging(info: PagingInfo | undefined, maxLimit: number): Paging {
  const limit = info?.limit ?? 0;
  return {
    direction: info?.direction === SortDirection.ASCENDING ? 'ascending' : 'descending',
    limit: limit >= 1 && limit <= maxLimit ? limit : maxLimit,
    cursor: info?.idCursor ?? 0n,
  };
}

/** The encoded PagingInfo of an answer. `lastId` is that of the page's last item, if it has one. */
export function encodePaging(paging: Paging, full: boolean, lastId: bigint | undefined): Uint8Array {
  return toBinary(
    PagingInfoSchema,
    create(PagingInfoSchema, {
      direction: paging.direction === 'ascending' ? SortDirection.ASCENDING : SortDirection.DESCENDING,
      limit: paging.limit,
      idCursor: full ? (lastId ?? 0n) : 0n,
    }),
  );
}
