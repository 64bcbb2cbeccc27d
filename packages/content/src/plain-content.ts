/**
 * Encoded contents in the form in which all clients write them: every field at most once, no unknown ones, small versions. Such a
 * one is read in a fraction of the time that the library takes with its descriptors, and a list of messages reads thousands. Anything else
 * is left to the library.
 */
import type { ContentTypeId } from './content-type-id.js';

/** An EncodedContent that is not compressed. */
export interface PlainContent {
  readonly type?: ContentTypeId;
  readonly parameters: Readonly<Record<string, string>>;
  readonly fallback?: string;
  readonly content: Uint8Array;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Field numbers and wire types of EncodedContent, ContentTypeId and a map's entry (protobuf's tags). */
const TYPE = 0x0a;
const PARAMETER = 0x12;
const FALLBACK = 0x1a;
const CONTENT = 0x22;
const FIRST_TEXT = 0x0a;
const SECOND_TEXT = 0x12;
const VERSION_MAJOR = 0x18;
const VERSION_MINOR = 0x20;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const NOTHING = new Uint8Array();

/** Where reading stands. Set before each use: nothing here waits. */
let bytes: Uint8Array = NOTHING;
let position = 0;

/** Not in this form. */
const OTHER = Symbol('other');

/** A length, of at most 2^28; reads to `end` at most. */
function lengthBefore(end: number): number {
  let length = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    if (position >= end) throw OTHER;
    const byte = bytes[position++] as number;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (length > end - position) throw OTHER;
      return length;
    }
  }
  throw OTHER;
}

/** Names of types and parameters come again and again: the last ones, by a hash of their bytes. What is kept is not made again. */
const LONGEST_KEPT_NAME = 32;
const KEPT_NAMES = 64;
const keptNames: string[] = new Array<string>(KEPT_NAMES).fill('');

/** A short text, which may be one of those. */
function nameBefore(end: number): string {
  const length = lengthBefore(end);
  const start = position;
  position += length;
  if (length > LONGEST_KEPT_NAME) return strict.decode(bytes.subarray(start, position));
  let hash = length;
  for (let at = start; at < position; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const place = hash & (KEPT_NAMES - 1);
  const kept = keptNames[place] as string;
  if (isTextOf(kept, start)) return kept;
  const name = strict.decode(bytes.subarray(start, position));
  // Not one beyond ASCII: bytes that are no UTF-8 could be its characters.
  if (name.length === length) keptNames[place] = name;
  return name;
}

/** Whether the bytes from `start` to where reading stands are this text of ASCII. */
function isTextOf(text: string, start: number): boolean {
  if (text.length !== position - start) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** Of a parameter: nearly all say how text is encoded, and of the others nothing is kept. */
const USUAL_VALUE = 'UTF-8';

function valueBefore(end: number): string {
  const length = lengthBefore(end);
  const start = position;
  position += length;
  return isTextOf(USUAL_VALUE, start) ? USUAL_VALUE : strict.decode(bytes.subarray(start, position));
}

function textBefore(end: number): string {
  const length = lengthBefore(end);
  position += length;
  return strict.decode(bytes.subarray(position - length, position));
}

function versionBefore(end: number): number {
  const version = position < end ? (bytes[position++] as number) : 0x80;
  if (version >= 0x80) throw OTHER;
  return version;
}

function typeBefore(limit: number): ContentTypeId {
  const end = lengthBefore(limit) + position;
  const type = { authorityId: '', typeId: '', versionMajor: 0, versionMinor: 0 };
  let last = 0;
  while (position < end) {
    const tag = bytes[position++] as number;
    if (tag <= last) throw OTHER;
    last = tag;
    if (tag === FIRST_TEXT) type.authorityId = nameBefore(end);
    else if (tag === SECOND_TEXT) type.typeId = nameBefore(end);
    else if (tag === VERSION_MAJOR) type.versionMajor = versionBefore(end);
    else if (tag === VERSION_MINOR) type.versionMinor = versionBefore(end);
    else throw OTHER;
  }
  return type;
}

function parameterBefore(limit: number, parameters: Record<string, string>): void {
  const end = lengthBefore(limit) + position;
  if (bytes[position++] !== FIRST_TEXT) throw OTHER;
  const name = nameBefore(end);
  if (bytes[position++] !== SECOND_TEXT) throw OTHER;
  const value = valueBefore(end);
  // The library loses this name.
  if (position !== end || name === '__proto__') throw OTHER;
  parameters[name] = value;
}

/** The content, which is a view of `encoded`; undefined when it is not in this form, or none at all. */
export function readPlainContent(encoded: Uint8Array): PlainContent | undefined {
  bytes = encoded;
  position = 0;
  const end = encoded.length;
  const parameters: Record<string, string> = {};
  let type: ContentTypeId | undefined;
  let fallback: string | undefined;
  let content: Uint8Array | undefined;
  try {
    while (position < end) {
      const tag = encoded[position++] as number;
      if (tag === TYPE && type === undefined) type = typeBefore(end);
      else if (tag === PARAMETER) parameterBefore(end, parameters);
      else if (tag === FALLBACK && fallback === undefined) fallback = textBefore(end);
      else if (tag === CONTENT && content === undefined) {
        const length = lengthBefore(end);
        content = encoded.subarray(position, position + length);
        position += length;
      } else return undefined;
    }
  } catch {
    // Text that is not UTF-8, too: the library says so.
    return undefined;
  } finally {
    bytes = NOTHING;
  }
  if (content === undefined) return undefined;
  const plain: Writable<PlainContent> = { parameters, content };
  if (type !== undefined) plain.type = type;
  if (fallback !== undefined) plain.fallback = fallback;
  return plain;
}
