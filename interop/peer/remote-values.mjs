/**
 * Values of an SDK as lines of JSON: what JSON lacks is tagged, live objects (a client, a conversation, a stream) become
 * handles, and what is only data (a message, an inbox state) becomes a plain object with its getters read.
 */

/** Objects with one of these methods live on: they stay where they are and are called there. */
const LIVE = ['sync', 'syncAll', 'end', 'inboxState', 'register'];

const MAX_DEPTH = 8;

/**
 * @param {unknown} value
 * @param {(live: object) => number} keep gives the handle of a live object
 */
export function encodeValue(value, keep, depth = 0) {
  if (value === undefined || depth > MAX_DEPTH) return { $: 'undefined' };
  if (typeof value === 'bigint') return { $: 'bigint', value: String(value) };
  if (typeof value === 'function') return { $: 'undefined' };
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return { $: 'bytes', value: Buffer.from(value).toString('base64') };
  if (value instanceof Date) return { $: 'date', value: value.toISOString() };
  const next = (entry) => encodeValue(entry, keep, depth + 1);
  if (value instanceof Map) return { $: 'map', value: [...value].map(([key, entry]) => [next(key), next(entry)]) };
  if (value instanceof Set) return { $: 'set', value: [...value].map(next) };
  if (Array.isArray(value)) return value.map(next);
  if (LIVE.some((method) => typeof value[method] === 'function')) return { $: 'handle', value: keep(value) };
  return {
    $: 'object',
    value: Object.fromEntries(readableNames(value).map((name) => [name, next(read(value, name))])),
  };
}

/**
 * @param {unknown} encoded
 * @param {(handle: number) => unknown} open gives what stands for a live object
 */
export function decodeValue(encoded, open) {
  if (encoded === null || typeof encoded !== 'object') return encoded;
  const next = (entry) => decodeValue(entry, open);
  if (Array.isArray(encoded)) return encoded.map(next);
  const { $: tag, value } = encoded;
  switch (tag) {
    case 'undefined':
      return undefined;
    case 'bigint':
      return BigInt(value);
    case 'bytes':
      return Uint8Array.from(Buffer.from(value, 'base64'));
    case 'date':
      return new Date(value);
    case 'map':
      return new Map(value.map(([key, entry]) => [next(key), next(entry)]));
    case 'set':
      return new Set(value.map(next));
    case 'handle':
      return open(value);
    case 'object':
      return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, next(entry)]));
    default:
      throw new TypeError(`unknown tag ${tag}`);
  }
}

/** Own fields and the getters of the classes above, without methods and private ones. */
function readableNames(value) {
  const names = new Set(Object.keys(value));
  for (
    let level = Object.getPrototypeOf(value);
    level && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(level))) if (get) names.add(name);
  }
  return [...names].filter((name) => !name.startsWith('_'));
}

/** A getter may refuse in the state that the object is in; for the reader on the other side it is then absent. */
function read(value, name) {
  try {
    return value[name];
  } catch {
    return undefined;
  }
}
