/** Work per call, counted in primitives instead of seconds: what must not grow with the group does not. */
import type { CryptoProvider, SignaturePrivateKey, SignaturePublicKey } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { createKeyPackage, getCipherSuite, MemoryRows, MlsGroup, type OwnKeyPackage } from '../../src/index.js';
import { CAPABILITIES, GROUP_ID, LIFETIME } from './members.testkit.js';

/** Calls and bytes that went through the provider since the last reset. */
class Counter {
  calls = 0;
  bytes = 0;
  signatures = 0;

  reset(): void {
    this.calls = 0;
    this.bytes = 0;
    this.signatures = 0;
  }

  count(...parts: readonly Uint8Array[]): void {
    this.calls++;
    for (const part of parts) this.bytes += part.length;
  }

  /** `call`, counted with the byte strings that `work` picks of its arguments. */
  watch<Args extends readonly unknown[], Result>(
    call: (...args: Args) => Result,
    work: (...args: Args) => readonly Uint8Array[],
  ): (...args: Args) => Result {
    return (...args) => {
      this.count(...work(...args));
      return call(...args);
    };
  }

  provider(): CryptoProvider {
    const signing = (message: Uint8Array) => {
      this.signatures++;
      return [message];
    };
    return {
      ...nodeCrypto,
      hash: this.watch(nodeCrypto.hash, (_, ...parts) => parts),
      hmac: this.watch(nodeCrypto.hmac, (_, _key, ...parts) => parts),
      hkdfExtract: this.watch(nodeCrypto.hkdfExtract, (_, ikm) => [ikm]),
      hkdfExpand: this.watch(nodeCrypto.hkdfExpand, (_, info) => [info]),
      aeadSeal: this.watch(nodeCrypto.aeadSeal, (_, _key, _nonce, aad, plaintext) => [aad, plaintext]),
      aeadOpen: this.watch(nodeCrypto.aeadOpen, (_, _key, _nonce, aad, ciphertext) => [aad, ciphertext]),
      signaturePrivateKey: (seed): SignaturePrivateKey => {
        const key = nodeCrypto.signaturePrivateKey(seed);
        return { publicKey: key.publicKey, sign: this.watch((message) => key.sign(message), signing) };
      },
      signaturePublicKey: (bytes): SignaturePublicKey => {
        const key = nodeCrypto.signaturePublicKey(bytes);
        return {
          bytes,
          verify: this.watch((message: Uint8Array, signature: Uint8Array) => key.verify(message, signature), signing),
        };
      },
    };
  }
}

/** What each operation costs in a group of `size`. */
function measure(size: number) {
  const counter = new Counter();
  const provider = counter.provider();
  const { random } = nodeCrypto;
  const suite = getCipherSuite(0x0003, provider);
  const leaf = {
    credential: { type: 1, identity: new Uint8Array(66) } as const,
    capabilities: CAPABILITIES,
    extensions: [],
    lifetime: LIFETIME,
  };
  const newcomer = () => {
    const signatureKey = provider.signaturePrivateKey(random(32));
    return { signatureKey, own: createKeyPackage({ ...leaf, suite, signatureKey, leafExtensions: [], random }) };
  };
  const cost = <T>(action: () => T) => {
    counter.reset();
    const result = action();
    const { calls, bytes, signatures } = counter;
    return { result, calls, bytes, signatures };
  };
  const joinAs = (
    { signatureKey, own }: { signatureKey: SignaturePrivateKey; own: OwnKeyPackage },
    welcome: Uint8Array,
  ) => MlsGroup.join({ suite, welcome, signatureKey, keyPackage: () => own }).group;

  const signatureKey = provider.signaturePrivateKey(random(32));
  const alice = MlsGroup.create({ suite, groupId: GROUP_ID, extensions: [], leaf, signatureKey, random });
  // The first newcomer, so that its entry of the Welcome comes first.
  const people = Array.from({ length: size - 1 }, newcomer);
  const proposals = people.map(({ own }) => ({ type: 'add', keyPackage: own.keyPackage }) as const);
  const create = cost(() => alice.createCommit({ proposals, random }));
  alice.merge(create.result.staged);
  const [first] = people as [(typeof people)[0]];
  const join = cost(() => joinAs(first, create.result.welcome as Uint8Array));
  const rows = new MemoryRows();
  rows.apply(join.result.takeRows());
  const bob = MlsGroup.load({ suite, reader: rows, signatureKey: first.signatureKey });

  // The first message of a sender opens the secret tree; the second is the everyday case.
  bob.process(alice.createApplicationMessage(new Uint8Array(100), random));
  const encrypt = cost(() => alice.createApplicationMessage(new Uint8Array(100), random));
  const decrypt = cost(() => bob.process(encrypt.result));
  const added = newcomer();
  const addOne = cost(() =>
    alice.createCommit({ proposals: [{ type: 'add', keyPackage: added.own.keyPackage }], random }),
  );
  const processAdd = cost(() => bob.process(addOne.result.message));
  return { create, join, encrypt, decrypt, addOne, processAdd };
}

describe('cost', () => {
  const small = measure(33);
  const large = measure(257);
  const growth = (257 - 1) / (33 - 1);

  it('of a message does not depend on the group', () => {
    for (const name of ['encrypt', 'decrypt'] as const) {
      expect([large[name].calls, large[name].bytes]).toEqual([small[name].calls, small[name].bytes]);
      expect(large[name].signatures).toBe(1);
      expect(large[name].calls).toBeLessThanOrEqual(8);
    }
  });

  it('of processing an added member grows with the depth of the tree only', () => {
    expect(large.processAdd.signatures).toBe(3);
    expect(large.processAdd.calls - small.processAdd.calls).toBeLessThanOrEqual(3);
    expect(large.processAdd.bytes).toBeLessThan(small.processAdd.bytes * 1.3);
  });

  it('of creating and joining is linear: the tree in the Welcome is hashed once, not once per newcomer', () => {
    for (const name of ['create', 'join'] as const) {
      expect(large[name].calls).toBeLessThan(small[name].calls * growth * 1.2);
      expect(large[name].bytes).toBeLessThan(small[name].bytes * growth * 1.2);
    }
    // Two signatures of the key package and its leaf for each, and commit and GroupInfo.
    expect(large.create.signatures).toBe(2 * 256 + 2);
    expect(large.join.signatures).toBe(257 + 1);
  });

  it('of adding one is that of the Welcome’s tree, without a signature per member', () => {
    expect(large.addOne.signatures).toBe(4);
    expect(large.addOne.calls - small.addOne.calls).toBeLessThanOrEqual(3);
    expect(large.addOne.bytes).toBeLessThan(small.addOne.bytes * growth * 1.2);
  });
});
