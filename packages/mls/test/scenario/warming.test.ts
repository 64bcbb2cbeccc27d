/**
 * Commits of a group whose members were added at once: long as long as the tree is cold, and as long as the tree is deep once a member of
 * every subtree of 32 has committed, the widest cold subtree first. CONCLAVE_LONG counts in a group of 4096.
 */
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import {
  COLD_SUBTREE_LEAVES,
  createKeyPackage,
  getCipherSuite,
  keyPackageRef,
  MlsGroup,
  type OwnKeyPackage,
} from '../../src/index.js';
import { CAPABILITIES, GROUP_ID, LIFETIME } from './members.testkit.js';

const LEAVES = process.env.CONCLAVE_LONG === undefined ? 512 : 4096;
const { random } = nodeCrypto;
const suite = getCipherSuite(0x0003, nodeCrypto, { verifiedSignatures: 2 * LEAVES });
const leaf = {
  credential: { type: 1, identity: new Uint8Array(66) } as const,
  capabilities: CAPABILITIES,
  extensions: [],
  lifetime: LIFETIME,
};

function person() {
  const signatureKey = nodeCrypto.signaturePrivateKey(random(32));
  const own = createKeyPackage({ ...leaf, suite, signatureKey, leafExtensions: [], random });
  return { signatureKey, own };
}

/** A group made in one commit, and the member in the middle of each subtree of 32. */
function bulkGroup() {
  const signatureKey = nodeCrypto.signaturePrivateKey(random(32));
  const founder = MlsGroup.create({ suite, groupId: GROUP_ID, extensions: [], leaf, signatureKey, random });
  const people = Array.from({ length: LEAVES - 1 }, person);
  const proposals = people.map(({ own }) => ({ type: 'add', keyPackage: own.keyPackage }) as const);
  const made = founder.createCommit({ proposals, random });
  founder.merge(made.staged);
  const joined: MlsGroup[] = [];
  for (let at = COLD_SUBTREE_LEAVES / 2; at < LEAVES; at += COLD_SUBTREE_LEAVES) {
    const { signatureKey: key, own } = people[at - 1] as { signatureKey: typeof signatureKey; own: OwnKeyPackage };
    const reference = Buffer.from(keyPackageRef(suite, own.keyPackage));
    const keyPackage = (ref: Uint8Array) => (reference.equals(ref) ? own : undefined);
    joined.push(MlsGroup.join({ suite, welcome: made.welcome as Uint8Array, signatureKey: key, keyPackage }).group);
  }
  return { founder, joined };
}

function commit(by: MlsGroup, others: readonly MlsGroup[]): number {
  const { message, staged } = by.createCommit({ proposals: [], random });
  for (const other of others) {
    if (other === by) continue;
    const processed = other.process(message);
    if (processed.kind !== 'commit') throw new TypeError('not a commit');
    other.merge(processed.staged);
  }
  by.merge(staged);
  return message.length;
}

const width = (group: MlsGroup): number => {
  const { coldSubtree } = group.pathCost();
  return coldSubtree === undefined ? 0 : coldSubtree.end - coldSubtree.first;
};

describe(`the tree of ${LEAVES} members who were added at once`, () => {
  const { founder, joined } = bulkGroup();
  /** Those who follow the group to the end; the others leave the test when they have committed. */
  const followers = [founder, ...joined.slice(0, 3), ...joined.slice(-3)];

  it('is cold: a commit is encrypted to each of them', () => {
    expect(founder.pathCost().ciphertexts).toBe(LEAVES - 1);
    expect(commit(founder, joined)).toBeGreaterThan(80 * LEAVES);
    // Those under the founder's own path are warm, since they have its keys by the welcome.
    expect(width(founder)).toBe(0);
    expect(width(joined.at(-1) as MlsGroup)).toBe(LEAVES / 2);
  });

  it('is warmed by one commit in each subtree of 32, widest first, within a budget of bytes', () => {
    let commits = 0;
    let bytes = 0;
    const waiting = new Set(joined);
    for (;;) {
      const [next] = [...waiting].sort((a, b) => width(b) - width(a));
      if (next === undefined || width(next) === 0) break;
      const { ciphertexts } = next.pathCost();
      waiting.delete(next);
      const length = commit(next, [...new Set([...waiting, ...followers])]);
      expect(length).toBeLessThan(84 * ciphertexts + 1500);
      bytes += length;
      commits += 1;
    }
    expect(commits).toBe(LEAVES / COLD_SUBTREE_LEAVES - 1);
    // Halving: 84 bytes times the leaves, times the logarithm of the number of subtrees.
    expect(bytes).toBeLessThan(90 * LEAVES * Math.log(LEAVES / COLD_SUBTREE_LEAVES) + 8_000 * commits);
    // The long form took one minute on a busy machine, and three on a very busy one.
  }, 600_000);

  it('is warm: whoever commits, it takes less than 6 kB', () => {
    const lengths = followers.map((group) => commit(group, followers));
    expect(Math.max(...lengths)).toBeLessThan(6_000);
    expect(founder.pathCost().ciphertexts).toBeLessThanOrEqual(COLD_SUBTREE_LEAVES + Math.log2(LEAVES));
    const authenticators = new Set(followers.map((group) => Buffer.from(group.epochAuthenticator).toString('hex')));
    expect(authenticators.size).toBe(1);
  });

  it('is cold again where many are added later, and says so', () => {
    const proposals = Array.from(
      { length: LEAVES / 4 },
      () => ({ type: 'add', keyPackage: person().own.keyPackage }) as const,
    );
    const { message, staged } = founder.createCommit({ proposals, random });
    founder.merge(staged);
    const other = joined[0] as MlsGroup;
    const processed = other.process(message);
    if (processed.kind === 'commit') other.merge(processed.staged);
    expect(width(other)).toBe(2 * LEAVES);
    expect(other.pathCost().ciphertexts).toBeGreaterThan(LEAVES / 4);
  });
});
