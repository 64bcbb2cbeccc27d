/**
 * A call that ends halfway, because what the application gave it failed: randomness that is not to be had, a key that does not sign, a
 * pre-shared key that cannot be looked up. Nothing that it has drawn or derived by then is left.
 */
import { type Random, type SignaturePrivateKey, TlsWriter, toHex, utf8 } from '@conclave/crypto';
import { describe, expect, it, vi } from 'vitest';
import { createGroupInfo } from '../../src/group/group-info.js';
import { createWelcome } from '../../src/group/welcome.js';
import { createKeyPackage, type Proposal, RFC_POLICY, XMTP_POLICY } from '../../src/index.js';
import { noPskSecret } from '../../src/schedule/psk.js';
import { stateOf } from '../rules/rogue.testkit.js';
import { CAPABILITIES, change, LIFETIME, refusal } from '../scenario/members.testkit.js';
import { leftBy, suite, WatchedMember } from './seen-secrets.testkit.js';

const OUT_OF_ORDER = 'out of order';

function fail(): never {
  throw new RangeError(OUT_OF_ORDER);
}

/** What each call of `step` leaves behind that fails at its n-th use of what it is given, for every n until it succeeds. */
function leftByEach(step: (use: () => void) => unknown): string[][] {
  const left: string[][] = [];
  for (let limit = 0; ; limit++) {
    let uses = 0;
    let isThrough = false;
    const labels = leftBy(() => {
      try {
        step(() => {
          if (uses++ === limit) fail();
        });
        isThrough = true;
      } catch (error) {
        expect(error).toMatchObject({ message: OUT_OF_ORDER });
      }
    });
    if (isThrough) return left;
    left.push(labels);
  }
}

const none = (count: number): string[][] => Array.from({ length: count }, () => []);

const config = { policy: RFC_POLICY, handshake: 'public' } as const;
const external = (id: string): Proposal => ({
  type: 'psk',
  psk: { type: 'external', pskId: utf8(id), nonce: new Uint8Array(32) },
});

/** A key that calls `use` before it signs. */
function signing(key: SignaturePrivateKey, use: { current: () => void }): SignaturePrivateKey {
  return {
    publicKey: key.publicKey,
    sign(message) {
      use.current();
      return key.sign(message);
    },
  };
}

const using =
  (random: Random, use: () => void): Random =>
  (length) => {
    use();
    return random(length);
  };

function pair(more: object = {}, key?: SignaturePrivateKey): [WatchedMember, WatchedMember] {
  const [alice, bob] = [
    new WatchedMember('alice', { ...config, ...more }, suite, key),
    new WatchedMember('bob', { ...config, ...more }, suite),
  ];
  change(alice.create(), [], [], [bob]);
  return [alice, bob];
}

describe('secrets of a call that ends halfway', () => {
  it('making a commit whose randomness fails: for its path, its leaf, its ciphertexts and its Welcome', () => {
    const [alice] = pair();
    const { keyPackage } = new WatchedMember('carol', config, suite).keyPackage();
    const commit = (use: () => void) =>
      alice.group.createCommit({
        proposals: [{ type: 'add', keyPackage }],
        forcePath: true,
        random: using(alice.random, use),
      });
    expect(leftByEach(commit)).toEqual(none(4));
  });

  it('making a commit whose key does not sign: the leaf, the commit, the GroupInfo', () => {
    const use = { current: () => {} };
    const key = suite.provider.signaturePrivateKey(new Uint8Array(32).fill(7));
    const [alice] = pair({}, signing(key, use));
    const { keyPackage } = new WatchedMember('carol', config, suite).keyPackage();
    const commit = (count: () => void) => {
      use.current = count;
      alice.group.createCommit({ proposals: [{ type: 'add', keyPackage }], forcePath: true, random: alice.random });
    };
    expect(leftByEach(commit)).toEqual(none(3));
  });

  it('making a commit whose pre-shared keys cannot be looked up', () => {
    let look = () => {};
    const psk = () => {
      look();
      return utf8('a secret of everybody');
    };
    const [alice] = pair({ psk });
    const commit = (use: () => void) => {
      look = use;
      alice.group.createCommit({ proposals: [external('a'), external('b')], random: alice.random });
    };
    expect(leftByEach(commit)).toEqual(none(2));
  });

  it('making a Welcome: not even encoded', () => {
    const [alice] = pair();
    const carol = new WatchedMember('carol', config, suite).keyPackage();
    const { context, header } = stateOf(alice);
    const groupInfo = createGroupInfo(alice.signatureKey, {
      ...{ groupContext: context, extensions: [], confirmationTag: header.confirmationTag, signer: 0 },
    });
    const joinerSecret = new Uint8Array(32).fill(0xa7);
    const written: Uint8Array[] = [];
    const { finish } = TlsWriter.prototype;
    vi.spyOn(TlsWriter.prototype, 'finish').mockImplementation(function (this: TlsWriter) {
      const bytes = finish.call(this);
      written.push(new Uint8Array(bytes.buffer));
      return bytes;
    });
    const make = () =>
      createWelcome({
        ...{ suite, groupInfo, joinerSecret, pskSecret: noPskSecret(suite), psks: [], joiners: [carol.keyPackage] },
        pathSecretOf: () => undefined,
        random: fail,
      });
    expect(make).toThrow(RangeError);
    vi.restoreAllMocks();
    expect(written).not.toEqual([]);
    expect(written.filter((bytes) => toHex(bytes).includes(toHex(joinerSecret)))).toEqual([]);
  });

  it('making a key package', () => {
    const alice = new WatchedMember('alice', config, suite);
    const use = { current: () => {} };
    const make = (random: Random) =>
      createKeyPackage({
        ...{ suite, capabilities: CAPABILITIES, lifetime: LIFETIME, leafExtensions: [], extensions: [], random },
        signatureKey: signing(alice.signatureKey, use),
        credential: { type: 1, identity: utf8('alice') },
      });
    expect(leftByEach((count) => make(using(alice.random, count)))).toEqual(none(2));
    const unsigned = leftByEach((count) => {
      use.current = count;
      make(alice.random);
    });
    expect(unsigned).toEqual(none(2));
  });

  it('taking in a path that has a key which we hold', () => {
    const [alice, bob] = pair({ policy: XMTP_POLICY });
    let secret: Uint8Array | undefined;
    const first = alice.group.createCommit({
      ...{ proposals: [], forcePath: true },
      random(length) {
        const bytes = alice.random(length);
        secret ??= bytes.slice();
        return bytes;
      },
    });
    bob.merge(bob.stage(first.message));
    alice.merge(first.staged);
    let again = secret;
    const random: Random = (length) => {
      const bytes = again ?? alice.random(length);
      again = undefined;
      return bytes;
    };
    const { message } = alice.group.createCommit({ proposals: [], forcePath: true, random });
    const refused = () => expect(refusal(() => bob.receive(message))).toBe('mls/validation unique-encryption-key');
    expect(leftBy(refused)).toEqual([]);
  });
});

describe('a proposal that cannot be sent', () => {
  it('is not kept', () => {
    const [alice, bob] = pair({ handshake: 'private' });
    const propose = (random: Random) =>
      alice.group.createProposal({ proposal: { type: 'remove', leafIndex: 1 }, random });
    expect(() => propose(fail)).toThrow(RangeError);
    expect(alice.group.pendingProposals).toEqual([]);
    bob.receive(propose(alice.random).message);
    expect(alice.group.pendingProposals).toHaveLength(1);
  });
});
