/** Names, numbers and texts against the deployed SDK: vectors/browser-sdk. */
import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
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
  readFileSync(new URL('../../../vectors/browser-sdk/surface.json', import.meta.url), 'utf8'),
);
const ours: Readonly<Record<string, unknown>> = { ...sdk };
const AsyncFunction = (async () => {}).constructor;

function descriptorOf(owner: object, name: string): PropertyDescriptor | undefined {
  for (let level: object | null = owner; level !== null; level = Object.getPrototypeOf(level)) {
    const found = Object.getOwnPropertyDescriptor(level, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

it('records all exports', () => {
  const { functions, classes, constants, errors } = surface;
  expect([functions, ...[classes, constants, errors].map(Object.keys)].flat()).toHaveLength(72);
});

it.each(surface.functions)('has the function %s', (name) => {
  expect(ours[name]).toBeTypeOf('function');
});

it.each(Object.entries(surface.enums))('has the numbers of %s', (name, values) => {
  expect(ours[name]).toEqual(values);
});

it('has the types that options and the original’s worker are made of', () => {
  expectTypeOf<sdk.OtherOptions['workerConfig']>().toEqualTypeOf<sdk.WorkerConfigOptions | undefined>();
  expectTypeOf<sdk.OtherOptions['waitForRegistrationVisible']>().toEqualTypeOf<
    sdk.VisibilityConfirmationOptions | undefined
  >();
  expectTypeOf<sdk.WorkerIntervalOverride>().toEqualTypeOf<{ kind: sdk.WorkerKind; intervalNs: number }>();
  expectTypeOf<sdk.ConversationListItem>().toHaveProperty('lastMessage');
  expectTypeOf<sdk.SignatureRequestHandle['signatureText']>().returns.resolves.toBeString();
});

it.each(Object.entries(surface.constants))('has the constant %s', (name, value) => {
  expect(ours[name]).toEqual(value);
});

describe.each(Object.entries(surface.classes))('%s', (name, { statics, members }) => {
  const theClass = ours[name] as { prototype: object };

  it('is a class', () => {
    expect(theClass.prototype.constructor).toBe(theClass);
  });

  it.each(Object.keys(statics))('has the static %s', (member) => {
    expect(descriptorOf(theClass, member)?.value).toBeInstanceOf(AsyncFunction);
  });

  it.each(Object.entries(members))('has %s', (member, kind) => {
    const found = descriptorOf(theClass.prototype, member);
    if (kind === 'get') expect(found?.get).toBeTypeOf('function');
    else expect(found?.value).toBeTypeOf('function');
  });
});

it.each(Object.entries(surface.errors))('says what %s says', (name, messages) => {
  const TheError = ours[name] as new (value: unknown) => Error;
  const values = name === 'StreamFailedError' ? [0, 1, 2] : ['INBOX'];
  expect(values.map((value) => new TheError(value).message)).toEqual(messages);
});
