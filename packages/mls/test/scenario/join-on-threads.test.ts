/** Joining with the members' signatures checked on threads: the same group as without, and threads only where there are enough of them. */
import type { VerifyJob } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { getCipherSuite, keyPackageRef, MlsGroup } from '../../src/index.js';
import { Member, suite } from './members.testkit.js';

/** A group of so many, and what the last of them joins by. */
function groupOf(size: number) {
  const founder = new Member('founder').create();
  const others = Array.from({ length: size - 1 }, (_, i) => new Member(`member ${i}`));
  const packages = others.map((member) => member.keyPackage());
  const { welcome, staged } = founder.group.createCommit({
    proposals: packages.map(({ keyPackage }) => ({ type: 'add', keyPackage })),
    random: founder.random,
  });
  founder.group.merge(staged);
  return { founder, joiner: others.at(-1) as Member, own: packages.at(-1) as (typeof packages)[0], welcome };
}

/** Joins with what the provider was given to check on threads. */
async function joinCounted(size: number) {
  const { founder, joiner, own, welcome } = groupOf(size);
  const jobs: VerifyJob[] = [];
  const provider = {
    ...nodeCrypto,
    verifyMany: (given: readonly VerifyJob[]) => {
      jobs.push(...given);
      return nodeCrypto.verifyMany(given);
    },
  };
  const reference = keyPackageRef(suite, own.keyPackage);
  const { group } = await MlsGroup.joinAsync({
    ...{ suite: getCipherSuite(suite.id, provider), welcome: welcome as Uint8Array, signatureKey: joiner.signatureKey },
    keyPackage: (ref) => (Buffer.from(ref).equals(reference) ? own : undefined),
  });
  expect(group.epochAuthenticator).toEqual(founder.group.epochAuthenticator);
  expect(group.memberCount).toBe(size);
  return jobs.length;
}

describe('joining on threads', () => {
  it('checks every leaf there in a group of forty', async () => {
    expect(await joinCounted(40)).toBe(40);
  });

  it('checks none there in a group of three', async () => {
    expect(await joinCounted(3)).toBe(0);
  });
});
