import { fromHex, toHex, xwingPrivateKey } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { decodeProto, toBinary, type WelcomeMessageInput, WelcomeMessageInputSchema } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientError } from '../errors.js';
import { wireVectors } from '../wire-vectors.testkit.js';
import { createPointerSecrets, decodePointer, encodePointer, openPointee, sealPointee } from '../wrapping/pointer.js';
import { type Joiner, type WelcomeCall, welcomeCalls } from '../wrapping/welcome-inputs.js';
import {
  createPointerWrapper,
  createWelcomeWrapper,
  decodeWelcomeMetadata,
  encodeWelcomeMetadata,
  unwrapWelcome,
  type WrapperAlgorithm,
  wrapperAlgorithmOf,
} from '../wrapping/wrapper.js';

const golden = wireVectors();
const { random } = nodeCrypto;

function v1(input: WelcomeMessageInput) {
  if (input.version.case !== 'v1') throw new RangeError('not a v1 welcome');
  return input.version.value;
}

function pointerOf(input: WelcomeMessageInput) {
  if (input.version.case !== 'welcomePointer') throw new RangeError('not a pointer');
  return input.version.value;
}

function recipient(algorithm: WrapperAlgorithm) {
  const privateKey = random(32);
  const publicKey =
    algorithm === 'xwing'
      ? xwingPrivateKey(nodeCrypto, privateKey).publicKey
      : nodeCrypto.dhPrivateKey(privateKey).publicKey;
  return { privateKey, key: { algorithm, publicKey } };
}

/** What an error says, to compare it with another. */
function errorOf(work: () => unknown): { code: string; message: string } | undefined {
  try {
    work();
  } catch (error) {
    const { code, message } = error as ClientError;
    return { code, message };
  }
  return undefined;
}

describe('a welcome recorded from libxmtp 1.10.0', () => {
  const recorded = golden.welcome_xwing;
  const input = v1(decodeProto(WelcomeMessageInputSchema, fromHex(recorded.welcome_message_input)));
  const seed = fromHex(recorded.xwing_private_seed);

  it('opens to the recorded MLS Welcome and metadata', () => {
    expect(toHex(input.hpkePublicKey)).toBe(recorded.xwing_public_key);
    expect(wrapperAlgorithmOf(input.wrapperAlgorithm)).toBe('xwing');
    const { welcome, metadata } = unwrapWelcome(nodeCrypto, 'xwing', seed, input);
    expect(toHex(welcome)).toBe(recorded.welcome_plaintext);
    expect(toHex(metadata as Uint8Array)).toBe(recorded.metadata_plaintext);
    expect(decodeWelcomeMetadata(metadata)).toBe(1n);
  });

  it('opens without its metadata and with damaged metadata', () => {
    expect(unwrapWelcome(nodeCrypto, 'xwing', seed, { ...input, welcomeMetadata: new Uint8Array(0) }).metadata).toBe(
      undefined,
    );
    const damaged = input.welcomeMetadata.slice();
    damaged[0] = (damaged[0] as number) ^ 1;
    expect(unwrapWelcome(nodeCrypto, 'xwing', seed, { ...input, welcomeMetadata: damaged }).metadata).toBe(undefined);
  });

  it('is refused when one byte differs, is missing or is too much', () => {
    const open = (data: Uint8Array) => () => unwrapWelcome(nodeCrypto, 'xwing', seed, { ...input, data });
    const encoding = { code: 'client/welcome-invalid', details: { rule: 'wrapper-encoding' } };
    expect(open(new Uint8Array([...input.data, 0]))).toThrow(expect.objectContaining(encoding));
    for (let length = 0; length < input.data.length; length += 97) {
      expect(open(input.data.subarray(0, length))).toThrow(expect.objectContaining(encoding));
    }
    for (const index of [5, 1100, 1130, input.data.length - 1]) {
      const damaged = input.data.slice();
      damaged[index] = (damaged[index] as number) ^ 1;
      expect(open(damaged)).toThrow(expect.objectContaining({ code: 'client/welcome-invalid' }));
    }
  });
});

describe('a welcome pointer recorded from libxmtp 1.10.0', () => {
  const recorded = golden.welcome_pointer;
  const secrets = decodePointer(fromHex(recorded.pointer_plaintext));

  it('names its pointee, and opens it', () => {
    const pointer = pointerOf(decodeProto(WelcomeMessageInputSchema, fromHex(recorded.pointer_message_input)));
    expect(pointer.welcomePointer).toHaveLength(1240);
    expect(toHex(secrets.destination)).toBe(recorded.destination);
    const pointee = v1(decodeProto(WelcomeMessageInputSchema, fromHex(recorded.pointee_message_input)));
    expect(toHex(pointee.installationKey)).toBe(recorded.destination);
    expect(wrapperAlgorithmOf(pointee.wrapperAlgorithm)).toBe(undefined);
    const opened = openPointee(nodeCrypto, secrets, pointee);
    expect(toHex(opened.welcome)).toBe(recorded.welcome_plaintext);
    expect(toHex(opened.metadata as Uint8Array)).toBe(recorded.metadata_plaintext);
  });

  it('is written again byte for byte, and so is its pointee', () => {
    expect(toHex(encodePointer(secrets))).toBe(recorded.pointer_plaintext);
    const sealed = sealPointee(
      nodeCrypto,
      secrets,
      fromHex(recorded.welcome_plaintext),
      fromHex(recorded.metadata_plaintext),
    );
    const pointee = v1(decodeProto(WelcomeMessageInputSchema, fromHex(recorded.pointee_message_input)));
    expect(sealed).toEqual({ data: pointee.data, welcomeMetadata: pointee.welcomeMetadata });
  });

  it('is refused truncated anywhere, and by a wrong key', () => {
    const plaintext = fromHex(recorded.pointer_plaintext);
    for (let length = 0; length < plaintext.length; length++) {
      expect(() => decodePointer(plaintext.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'client/welcome-invalid' }),
      );
    }
    const pointee = v1(decodeProto(WelcomeMessageInputSchema, fromHex(recorded.pointee_message_input)));
    expect(() => openPointee(nodeCrypto, { ...secrets, encryptionKey: random(32) }, pointee)).toThrow(
      expect.objectContaining({ code: 'client/welcome-invalid' }),
    );
    expect(() => openPointee(nodeCrypto, secrets, { ...pointee, welcomeMetadata: new Uint8Array(0) })).toThrow(
      expect.objectContaining({ code: 'client/welcome-invalid' }),
    );
  });
});

describe('wrapping', () => {
  for (const algorithm of ['xwing', 'curve25519'] as const) {
    it(`round-trips with ${algorithm}`, () => {
      const { privateKey, key } = recipient(algorithm);
      const property = fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        (welcome, cursor) => {
          const wrapped = createWelcomeWrapper(nodeCrypto, random)(key, welcome, encodeWelcomeMetadata(cursor));
          const opened = unwrapWelcome(nodeCrypto, algorithm, privateKey, wrapped);
          expect(opened.welcome).toEqual(welcome);
          expect(decodeWelcomeMetadata(opened.metadata)).toBe(cursor);
        },
      );
      fc.assert(property, { numRuns: 15 });
    });

    it(`cannot be opened by another key of ${algorithm}`, () => {
      const wrapped = createWelcomeWrapper(nodeCrypto, random)(recipient(algorithm).key, random(40), random(2));
      expect(() => unwrapWelcome(nodeCrypto, algorithm, random(32), wrapped)).toThrow(
        expect.objectContaining({ code: 'client/welcome-invalid', details: { rule: 'wrapper-decryption', algorithm } }),
      );
    });

    it(`refuses a ${algorithm} key that nothing can be encrypted to`, () => {
      const zeros = new Uint8Array(algorithm === 'xwing' ? 1216 : 32);
      for (const publicKey of [zeros, zeros.subarray(1)]) {
        expect(() => createWelcomeWrapper(nodeCrypto, random)({ algorithm, publicKey }, random(4), random(2))).toThrow(
          expect.objectContaining({ code: 'client/key-package-invalid' }),
        );
      }
    });
  }

  it('ignores metadata that is no metadata, or a cursor that no node gives', () => {
    expect(decodeWelcomeMetadata(encodeWelcomeMetadata(2n ** 63n))).toBe(undefined);
    expect(decodeWelcomeMetadata(Uint8Array.of(0x08))).toBe(undefined);
    expect(decodeWelcomeMetadata(new Uint8Array(0))).toBe(0n);
  });

  it('refuses arbitrary bytes with its own error', () => {
    const { privateKey } = recipient('curve25519');
    const property = fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 20 }),
      (data, welcomeMetadata) => {
        expect(() => unwrapWelcome(nodeCrypto, 'curve25519', privateKey, { data, welcomeMetadata })).toThrow(
          expect.objectContaining({ code: 'client/welcome-invalid' }),
        );
      },
    );
    fc.assert(property, { numRuns: 200 });
  });
});

describe('the welcomes of one commit', () => {
  const welcome = random(1707);

  function joiner(supportsPointers: boolean, algorithm: WrapperAlgorithm = 'xwing') {
    const { privateKey, key } = recipient(algorithm);
    const value: Joiner = { installationId: random(32), wrapperKey: key, supportsPointers };
    return { value, privateKey };
  }

  async function callsFor(joiners: readonly { value: Joiner }[], maxCallBytes?: number): Promise<WelcomeCall[]> {
    const made: WelcomeCall[] = [];
    const calls = welcomeCalls({
      ...{ crypto: nodeCrypto, random, welcome, messageCursor: 77n },
      joiners: joiners.map(({ value }) => value),
      ...(maxCallBytes === undefined ? {} : { maxCallBytes }),
    });
    for await (const call of calls) made.push(call);
    return made;
  }

  async function build(joiners: readonly { value: Joiner }[]) {
    return (await callsFor(joiners)).flatMap(({ messages }) => messages);
  }

  it('are whole welcomes for two, of the recorded size', async () => {
    const joiners = [joiner(true), joiner(true)];
    const inputs = await build(joiners);
    expect(inputs).toHaveLength(2);
    inputs.forEach((input, i) => {
      const value = v1(input);
      expect(value.installationKey).toEqual(joiners[i]?.value.installationId);
      const opened = unwrapWelcome(nodeCrypto, 'xwing', joiners[i]?.privateKey as Uint8Array, value);
      expect(opened.welcome).toEqual(welcome);
      expect(decodeWelcomeMetadata(opened.metadata)).toBe(77n);
      const length = toBinary(WelcomeMessageInputSchema, input).length;
      expect(length).toBe(fromHex(golden.welcome_xwing.welcome_message_input).length);
    });
  });

  it('are a pointee and pointers for more than two that can follow one, and whole welcomes for the rest', async () => {
    const joiners = [joiner(true), joiner(false), joiner(true), joiner(true), joiner(true, 'curve25519')];
    const inputs = await build(joiners);
    const pointee = v1(inputs[0] as WelcomeMessageInput);
    expect(pointee.wrapperAlgorithm).toBe(3);
    expect(pointee.hpkePublicKey).toHaveLength(0);
    const expected = ['v1', 'welcomePointer', 'v1', 'welcomePointer', 'welcomePointer', 'v1'];
    expect(inputs.map((input) => input.version.case)).toEqual(expected);
    for (const index of [0, 2, 3]) {
      const input = inputs[index + 1] as WelcomeMessageInput;
      expect(toBinary(WelcomeMessageInputSchema, input)).toHaveLength(2501);
      const value = pointerOf(input);
      const privateKey = joiners[index]?.privateKey as Uint8Array;
      const plaintext = unwrapWelcome(nodeCrypto, 'xwing', privateKey, {
        data: value.welcomePointer,
        welcomeMetadata: new Uint8Array(0),
      }).welcome;
      expect(plaintext).toHaveLength(100);
      const secrets = decodePointer(plaintext);
      expect(secrets.destination).toEqual(pointee.installationKey);
      expect(openPointee(nodeCrypto, secrets, pointee).welcome).toEqual(welcome);
    }
    expect(v1(inputs[5] as WelcomeMessageInput).wrapperAlgorithm).toBe(1);
    const plain = unwrapWelcome(
      nodeCrypto,
      'curve25519',
      joiners[4]?.privateKey as Uint8Array,
      v1(inputs[5] as WelcomeMessageInput),
    );
    expect(plain.welcome).toEqual(welcome);
  });

  it('need three capable joiners for pointers', async () => {
    const inputs = await build([joiner(true), joiner(true), joiner(false), joiner(true, 'curve25519')]);
    expect(inputs.map((input) => input.version.case)).toEqual(['v1', 'v1', 'v1', 'v1']);
  });

  it('never use one nonce twice under a key, even with a generator that repeats itself', () => {
    const secrets = createPointerSecrets((length) => new Uint8Array(length).fill(7));
    expect(secrets.dataNonce).not.toEqual(secrets.metadataNonce);
  });

  it('are sent in calls of at most 50 that fit the limit', async () => {
    const many = Array.from({ length: 123 }, () => joiner(true));
    const sizes = (calls: readonly WelcomeCall[]) => calls.map(({ messages, welcomed }) => [messages.length, welcomed]);
    // The pointee takes a place in the first call and is nobody's.
    expect(sizes(await callsFor(many))).toEqual([
      [50, 49],
      [50, 99],
      [24, 123],
    ]);
    // 2501 on the wire; counted with what tags and lengths take at most.
    const pointerBytes = 2536;
    expect(sizes(await callsFor(many.slice(0, 8), 1024 + 3 * pointerBytes))).toEqual([
      [3, 2],
      [3, 5],
      [3, 8],
    ]);
    const tooLarge = { code: 'client/message-too-large' };
    await expect(callsFor(many, 1024 + pointerBytes - 1)).rejects.toMatchObject(tooLarge);
    expect(await callsFor([])).toEqual([]);
  });

  it('are sealed when they are asked for: a large pointee makes the first call small, not the others', async () => {
    const many = Array.from({ length: 60 }, () => joiner(true));
    const large = { ...{ crypto: nodeCrypto, random, messageCursor: 7n }, joiners: many.map(({ value }) => value) };
    const calls = welcomeCalls({ ...large, welcome: random(50_000), maxCallBytes: 1024 + 56_000 });
    expect((await calls.next()).value).toMatchObject({ welcomed: 2 });
    expect((await calls.next()).value).toMatchObject({ welcomed: 24 });
  });

  it('are wrapped together as one after the other, on threads and without, and refused with the same error', async () => {
    const keys = Array.from({ length: 60 }, () => recipient('xwing').key);
    const pointer = random(100);
    const repeatable = () => {
      let drawn = 0;
      return (length: number) => nodeCrypto.hash('sha512', Uint8Array.of(drawn++)).subarray(0, length).slice();
    };
    for (const count of [1, 10, keys.length]) {
      const some = keys.slice(0, count);
      const together = createPointerWrapper(nodeCrypto, repeatable());
      const wrap = createWelcomeWrapper(nodeCrypto, repeatable());
      const publicKeys = some.map(({ publicKey }) => publicKey);
      expect(await together(publicKeys, pointer)).toEqual(some.map((key) => wrap(key, pointer).data));
      for (const spoilt of [new Uint8Array(1216).fill(0xff), new Uint8Array(1216), new Uint8Array(1215)]) {
        const expected = errorOf(() => wrap({ algorithm: 'xwing', publicKey: spoilt }, pointer));
        expect(expected).toBeDefined();
        await expect(together([...publicKeys, spoilt], pointer)).rejects.toMatchObject(expected as object);
      }
    }
  });
});
