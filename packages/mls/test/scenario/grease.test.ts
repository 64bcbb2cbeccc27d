/** GREASE everywhere (RFC 9420 section 13.5), and key packages of last resort. */
import { utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import {
  createKeyPackage,
  greaseLeaf,
  isGrease,
  isLastResort,
  MlsGroup,
  PublicGroup,
  RFC_POLICY,
  verifyKeyPackage,
} from '../../src/index.js';
import { CAPABILITIES, change, expectAgreement, LIFETIME, Member, refusal, suite } from './members.testkit.js';

const CONFIG = { policy: RFC_POLICY, acceptOutsiders: true, grease: true } as const;

class Greased extends Member {
  override keyPackage() {
    return createKeyPackage({
      ...{
        suite,
        signatureKey: this.signatureKey,
        capabilities: CAPABILITIES,
        lifetime: LIFETIME,
        random: this.random,
      },
      credential: { type: 1, identity: utf8(this.name) },
      ...{ leafExtensions: [], extensions: [], lastResort: true, grease: true },
    });
  }
}

describe('GREASE', () => {
  it('is in key packages, leaves and GroupInfos, and nobody minds', () => {
    const alice = new Greased('alice', CONFIG).create();
    const bob = new Greased('bob', CONFIG);
    const { keyPackage } = bob.keyPackage();
    expect(keyPackage.extensions.map(({ type }) => isGrease(type))).toEqual([true, false]);
    expect(keyPackage.leafNode.capabilities.proposals.some(isGrease)).toBe(true);
    expect(keyPackage.leafNode.extensions.some(({ type }) => isGrease(type))).toBe(true);
    verifyKeyPackage(suite, keyPackage, RFC_POLICY, LIFETIME.notBefore);
    change(alice, [], [], [bob]);
    const leaf = { capabilities: CAPABILITIES, extensions: [] };
    const { message, staged } = alice.commit([], { leaf: greaseLeaf(leaf, alice.random) });
    expect(staged.pathLeaf?.extensions.some(({ type }) => isGrease(type))).toBe(true);
    alice.merge(staged);
    bob.merge(bob.stage(message));
    const groupInfo = bob.group.exportGroupInfo({ withRatchetTree: true, withExternalPub: true, random: bob.random });
    const published = PublicGroup.open({ suite, groupInfo, policy: RFC_POLICY });
    expect(published.groupInfoExtensions.some(({ type }) => isGrease(type))).toBe(true);
    const carol = new Greased('carol', CONFIG);
    const { group, message: joining } = MlsGroup.joinByExternalCommit({
      ...{ suite, groupInfo: published, signatureKey: carol.signatureKey, config: CONFIG, random: carol.random },
      leaf: greaseLeaf({ credential: { type: 1, identity: utf8('carol') }, ...leaf } as const, carol.random),
    });
    carol.goOnWith(group);
    for (const member of [alice, bob]) member.merge(member.stage(joining));
    expectAgreement([alice, bob, carol]);
  });
});

describe('key packages of last resort', () => {
  it('are marked, and serve more than one group', () => {
    const bob = new Greased('bob', CONFIG);
    const own = bob.keyPackage();
    expect(isLastResort(own.keyPackage)).toBe(true);
    expect(isLastResort(new Member('x', CONFIG, suite).keyPackage().keyPackage)).toBe(true);
    for (const name of ['alice', 'carol']) {
      const founder = new Greased(name, CONFIG).create();
      const { welcome, staged } = founder.commit([{ type: 'add', keyPackage: own.keyPackage }]);
      founder.merge(staged);
      bob.join(welcome as Uint8Array, own);
      expectAgreement([founder, bob]);
    }
    const unlisted = { ...CAPABILITIES, extensions: [] };
    const { keyPackage } = createKeyPackage({
      ...{ suite, signatureKey: bob.signatureKey, capabilities: unlisted, lifetime: LIFETIME, random: bob.random },
      ...{ credential: { type: 1, identity: utf8('bob') }, leafExtensions: [], extensions: [], lastResort: true },
    });
    expect(refusal(() => verifyKeyPackage(suite, keyPackage, RFC_POLICY))).toBe(
      'mls/validation key-package-extensions',
    );
  });
});
