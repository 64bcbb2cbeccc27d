/**
 * Columns of many rows as one parameter each. Bytes go as base64 with a comma behind every element and are taken apart by
 * `string_to_array`: a third of the time that PostgreSQL takes for the text form of a `bytea[]` (measured with 1 kB rows).
 * The comma behind the last element makes one empty element too many, which joins on the position drop; without it a list
 * of one empty element could not be told from an empty list.
 */

/** For `decode(element, 'base64')` over `string_to_array($n, ',')`. */
export function bytesList(values: readonly Uint8Array[]): string {
  let list = '';
  for (const value of values) {
    list += `${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')},`;
  }
  return list;
}

/** For `$n::BIGINT[]` or `$n::INTEGER[]`. */
export function integerList(values: readonly (number | bigint)[]): string {
  return `{${values.join(',')}}`;
}

/** For `$n::BOOLEAN[]`. */
export function booleanList(values: readonly boolean[]): string {
  return `{${values.map((value) => (value ? 't' : 'f')).join(',')}}`;
}

/** What `encode(column, 'base64')` gives; PostgreSQL breaks it into lines. */
export function bytesFromBase64(text: string): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(text, 'base64');
  return new Uint8Array(buffer, byteOffset, length);
}
