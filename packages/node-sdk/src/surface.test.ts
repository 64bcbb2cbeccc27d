/** Names, numbers and texts against the deployed SDK: vectors/node-sdk. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as sdk from './index.js';

type Member = 'get' | 'async' | 'method';
interface Surface {
  readonly functions: readonly string[];
  readonly classes: Readonly<Record<string, { statics: Record<string, Member>; members: Record<string, Member> }>>;
  readonly enums: Readonly<Record<string, Record<string, unknown>>>;
  readonly constants: Readonly<Record<string, unknown>>;
  readonly errors: Readonly<Record<string, readonly string[]>>;
}

const surface: Surface = JSON.parse(
  readFileSync(new URL('../../../vectors/node-sdk/surface.json', import.meta.url), 'utf8'),
);
const ours: Readonly<Record<string, unknown>> = { ...sdk };

/** A getter or a method of the object or of what it inherits from. */
function descriptorOf(owner: object, name: string): PropertyDescriptor | undefined {
  for (let level: object | null = owner; level !== null; level = Object.getPrototypeOf(level)) {
    const found = Object.getOwnPropertyDescriptor(level, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function kindOf(owner: object, name: string): 'get' | 'method' | undefined {
  const found = descriptorOf(owner, name);
  if (found === undefined) return undefined;
  return found.get === undefined ? 'method' : 'get';
}

it('records all 84 exports', () => {
  const { functions, classes, enums, constants, errors } = surface;
  const names = [functions, ...[classes, enums, constants, errors].map(Object.keys)].flat();
  expect(new Set(names).size).toBe(84);
});

it.each(surface.functions)('has the function %s', (name) => {
  expect(ours[name]).toBeTypeOf('function');
});

it.each(Object.entries(surface.enums))('has the numbers of %s', (name, values) => {
  expect(ours[name]).toEqual(values);
});

it.each(Object.entries(surface.constants))('has the addresses of %s', (name, values) => {
  expect(ours[name]).toEqual(values);
});

describe.each(Object.entries(surface.classes))('%s', (name, { statics, members }) => {
  const theClass = ours[name] as { prototype: object };

  it('is a class', () => {
    expect(theClass.prototype.constructor).toBe(theClass);
  });

  it.each(Object.keys(statics))('has the static %s', (member) => {
    expect(kindOf(theClass, member)).toBe('method');
  });

  it.each(Object.entries(members))('has %s', (member, kind) => {
    expect(kindOf(theClass.prototype, member)).toBe(kind === 'get' ? 'get' : 'method');
  });
});

it.each(Object.entries(surface.errors))('says what %s says', (name, messages) => {
  const TheError = ours[name] as new (value: unknown) => Error;
  const values = name === 'StreamFailedError' ? [0, 1, 2] : ['INBOX'];
  expect(values.map((value) => new TheError(value).message)).toEqual(messages);
  expect(new TheError(values[0])).toBeInstanceOf(sdk.SdkError);
});
