/**
 * JSON inside contents (RFC 8259): read field by field, and written byte for byte as the deployed client does, whose
 * serializer keeps the order of fields, leaves out what is absent and writes floating point numbers in its own way.
 */
import { fromUtf8, utf8 } from '@conclave/crypto';
import { malformed } from './codec.js';
import type { ContentTypeId } from './content-type-id.js';

/** Levels that a value of any shape may nest; the deployed client reads no more. */
export const MAX_JSON_DEPTH = 128;

/** The members of one JSON object, each taken as what it has to be. Everything throws ContentError `content/malformed`. */
export class JsonFields {
  readonly #type: ContentTypeId;
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(type: ContentTypeId, value: unknown, part = 'content') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(type, part);
    this.#type = type;
    this.#values = new Map(Object.entries(value));
  }

  /** The object that the bytes hold. */
  static parse(type: ContentTypeId, bytes: Uint8Array): JsonFields {
    let value: unknown;
    try {
      value = JSON.parse(fromUtf8(bytes));
    } catch (cause) {
      throw malformed(type, 'content', cause);
    }
    return new JsonFields(type, value);
  }

  /** A member under its name or an older spelling; null counts as absent. Both spellings at once are malformed. */
  get(name: string, alias?: string): unknown {
    if (alias !== undefined && this.#values.has(name) && this.#values.has(alias)) throw malformed(this.#type, name);
    return this.#values.get(name) ?? (alias === undefined ? undefined : this.#values.get(alias)) ?? undefined;
  }

  text(name: string, alias?: string): string {
    const value = this.get(name, alias);
    if (typeof value !== 'string') throw malformed(this.#type, name);
    return value;
  }

  optionalText(name: string, alias?: string): string | undefined {
    return this.get(name, alias) === undefined ? undefined : this.text(name, alias);
  }

  number(name: string): number {
    const value = this.get(name);
    if (typeof value !== 'number') throw malformed(this.#type, name);
    return value;
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name);
    if (!Array.isArray(value)) throw malformed(this.#type, name);
    return value;
  }

  /** The object under this name, if there is one. */
  optionalFields(name: string): JsonFields | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new JsonFields(this.#type, value, name);
  }

  /** All members, which must be text. */
  texts(): [string, string][] {
    return [...this.#values].map(([name, value]) => {
      if (typeof value !== 'string') throw malformed(this.#type, name);
      return [name, value];
    });
  }
}

/** True when no part of a parsed JSON value lies deeper than `MAX_JSON_DEPTH`. */
export function isShallow(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth < MAX_JSON_DEPTH && Object.values(value).every((inner) => isShallow(inner, depth + 1));
}

/** JSON text of an object: members in the order given, those without a value left out. The values are JSON texts. */
export function jsonObject(members: readonly (readonly [string, string | undefined])[]): string {
  const written = members.flatMap(([name, value]) => (value === undefined ? [] : [`${jsonText(name)}:${value}`]));
  return `{${written.join(',')}}`;
}

/** JSON text of an array of JSON texts. */
export function jsonArray(values: readonly string[]): string {
  return `[${values.join(',')}]`;
}

/** JSON text of a text; half characters become U+FFFD, for others read no `\ud800`. */
export function jsonText(text: string): string {
  return JSON.stringify(text.replace(/\p{Surrogate}/gu, '\u{fffd}'));
}

/** As `jsonText`; nothing for nothing. */
export function optionalJsonText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : jsonText(text);
}

/**
 * JSON text of a finite floating point number as Rust's serializer writes it: always with a fraction or an exponent
 * (`1.0`, `1.5e22`), and with an exponent from 1e16 and below 1e-5.
 */
export function jsonFloat(value: number): string {
  const [, sign, first, rest = '', exponentText] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(
    value.toExponential(),
  ) as RegExpExecArray;
  const exponent = Number(exponentText);
  const digits = `${first}${rest}`;
  const shownSign = Object.is(value, -0) ? '-' : sign;
  if (exponent >= 16 || exponent < -5) return `${shownSign}${first}${rest && `.${rest}`}e${exponent}`;
  if (exponent < 0) return `${shownSign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${shownSign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** UTF-8 of a JSON text. */
export function jsonBytes(json: string): Uint8Array {
  return utf8(json);
}
