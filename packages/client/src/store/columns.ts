/**
 * How values lie in columns: names as small integers, flags as 0 and 1, ids as BLOBs while the code holds them as
 * lower-case hex, unsigned 64-bit numbers in SQLite's signed ones.
 */
import { toHex } from '@conclave/crypto';
import type { SqlValue } from '@conclave/sqlite';
import { ClientError } from '../errors.js';

/** A set of names and their numbers in the database. */
export interface StoredNames<Name extends string> {
  /** Number of a name. */
  number(name: Name): number;
  /** @throws ClientError `client/database-damaged` for a number without a name */
  name(number: number | bigint): Name;
  readonly names: readonly Name[];
}

/** Declares names and numbers; the numbers are part of the file format. */
export function storedNames<Name extends string>(column: string, numbers: Record<Name, number>): StoredNames<Name> {
  const names = new Map(Object.entries<number>(numbers).map(([name, number]) => [number, name as Name]));
  return {
    number: (name) => numbers[name],
    name: (number) => {
      const name = names.get(Number(number));
      if (name === undefined) throw new ClientError('client/database-damaged', { column, value: number });
      return name;
    },
    names: [...names.values()],
  };
}

/** A flag column. */
export function flag(value: boolean): number {
  return value ? 1 : 0;
}

/** A flag column read back. */
export function isSet(value: number | bigint): boolean {
  return Number(value) !== 0;
}

/** NULL as undefined. */
export function present<T>(value: T | null): T | undefined {
  return value === null ? undefined : value;
}

/** undefined as NULL. */
export function nullable<T extends SqlValue>(value: T | undefined): T | null {
  return value === undefined ? null : value;
}

/** An id column that may be NULL, as hex. */
export function presentHex(value: Uint8Array | null): string | undefined {
  return value === null ? undefined : toHex(value);
}

/** Largest number that an INTEGER column holds. */
export const MAX_SQL_INTEGER = 0x7fff_ffff_ffff_ffffn;

const IN_LIST_SIZES = [1, 2, 4, 8, 16, 32, 64, 128];
const LARGEST_IN_LIST = 128;

/**
 * Runs a query over `IN (?, ?, …)` for any number of values, in pieces of at most 128. The list is filled up with
 * its last value to one of eight sizes, so that only eight statements are ever prepared.
 */
export function overValues<Row>(
  values: readonly SqlValue[],
  query: (placeholders: string, values: SqlValue[]) => readonly Row[],
): Row[] {
  const rows: Row[] = [];
  for (let start = 0; start < values.length; start += LARGEST_IN_LIST) {
    const [placeholders, filled] = inList(values.slice(start, start + LARGEST_IN_LIST));
    rows.push(...query(placeholders, filled));
  }
  return rows;
}

/** Placeholders and values of one `IN` list of 1 to 128 values, filled up as `overValues` does. */
export function inList(values: readonly SqlValue[]): [placeholders: string, values: SqlValue[]] {
  const size = IN_LIST_SIZES.find((each) => each >= values.length);
  if (size === undefined || values.length === 0) {
    throw new ClientError('client/invalid-argument', { listLength: values.length, max: LARGEST_IN_LIST });
  }
  const filled = [...values, ...new Array<SqlValue>(size - values.length).fill(values[values.length - 1] as SqlValue)];
  return [new Array(size).fill('?').join(', '), filled];
}
