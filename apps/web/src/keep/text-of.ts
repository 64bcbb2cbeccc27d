/** Values as text: JSON, with maps, sets and bigints in it. */

/** A value that JSON has no word for: it has one of these. */
interface Tagged {
  readonly map: readonly (readonly [unknown, unknown])[];
  readonly set: readonly unknown[];
  readonly bigint: string;
}

/** The text of a value. Objects of its own may not have `map`, `set` or `bigint` alone. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (each instanceof Map) return { map: [...each] };
    if (each instanceof Set) return { set: [...each] };
    return typeof each === 'bigint' ? { bigint: `${each}` } : each;
  });
}

/** The value of such a text. */
export function valueIn(text: string): unknown {
  return JSON.parse(text, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || Object.keys(each).length !== 1) return each;
    const tagged = each as Tagged;
    // An array has a function by the name `map`.
    if (Object.hasOwn(tagged, 'map')) return new Map(tagged.map);
    if (Object.hasOwn(tagged, 'set')) return new Set(tagged.set);
    return Object.hasOwn(tagged, 'bigint') ? BigInt(tagged.bigint) : each;
  });
}
