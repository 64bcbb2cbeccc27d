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

function textBefore(end: number): string {
  const length = lengthBefore(end);
  const start = position;
  position += length;
  if (length > 32) return strict.decode(bytes.subarray(start, position));
  let text = '';
  for (let at = start; at < position; at++) {
    const code = bytes[at] as number;
    if (code >= 0x80) return strict.decode(bytes.subarray(start, position));
    text += String.fromCharCode(code);
  }
  return text;
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
    if (tag === FIRST_TEXT) type.authorityId = textBefore(end);
    else if (tag === SECOND_TEXT) type.typeId = textBefore(end);
    else if (tag === VERSION_MAJOR) type.versionMajor = versionBefore(end);
    else if (tag === VERSION_MINOR) type.versionMinor = versionBefore(end);
    else throw OTHER;
  }
  return type;
}

function parameterBefore(limit: number, parameters: Record<string, string>): void {
  const end = lengthBefore(limit) + position;
  if (bytes[position++] !== FIRST_TEXT) throw OTHER;
  const name = textBefore(end);
  if (bytes[position++] !== SECOND_TEXT) throw OTHER;
  const value = textBefore(end);
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
  const found: { type?: ContentTypeId; parameters: Record<string, string>; fallback?: string; content?: Uint8Array } = {
    parameters,
  };
  try {
    while (position < end) {
      const tag = encoded[position++] as number;
      if (tag === TYPE && found.type === undefined) found.type = typeBefore(end);
      else if (tag === PARAMETER) parameterBefore(end, parameters);
      else if (tag === FALLBACK && found.fallback === undefined) found.fallback = textBefore(end);
      else if (tag === CONTENT && found.content === undefined) {
        const length = lengthBefore(end);
        found.content = encoded.subarray(position, position + length);
        position += length;
      } else return undefined;
    }
  } catch {
    // Text that is not UTF-8, too: the library says so.
    return undefined;
  } finally {
    bytes = NOTHING;
  }
  const { content } = found;
  return content === undefined ? undefined : { ...found, content };
}
