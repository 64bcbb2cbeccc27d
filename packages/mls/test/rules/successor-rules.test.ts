/** One breach for each rule on groups that follow others: it breaks that rule and no other. */
import { utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, it } from 'vitest';
import {
  type BranchParams,
  type FoundSuccessorParams,
  getCipherSuite,
  MlsGroup,
  type OwnKeyPackage,
  type Proposal,
  RFC_POLICY,
  type RuleName,
} from '../../src/index.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { CAPABILITIES, change, GROUP_ID, LIFETIME, Member, nameExtension, suite } from '../scenario/members.testkit.js';
import { lenientPolicy } from './rogue.testkit.js';

const PSK = new Uint8Array(32).fill(7);
const REINIT: Proposal = {
  type: 'reinit',
  groupId: utf8('the next group'),
  version: 1,
  suite: suite.id,
  extensions: [nameExtension('next')],
};

/** The group before; Bob keeps the rules, its founder-to-be none. */
function before(reinit?: Proposal): [rogue: Member, bob: Member] {
  const rogue = new Member('rogue', { policy: lenientPolicy() }).create();
  const bob = new Member('bob', { policy: RFC_POLICY });
  change(rogue, [], [], [bob, new Member('carol', { policy: RFC_POLICY })]);
  if (reinit === undefined) return [rogue, bob];
  const { message, staged } = rogue.commit([reinit]);
  rogue.merge(staged);
  bob.merge(bob.stage(message));
  return [rogue, bob];
}

/** Bob's key package for the next group. */
function packageOf(bob: Member, ownSuite = suite): OwnKeyPackage {
  return new Member('bob', {}, ownSuite, bob.signatureKey).keyPackage();
}

function params(rogue: Member, own: OwnKeyPackage, ownSuite = suite): FoundSuccessorParams {
  const { signatureKey, config } = rogue;
  return {
    ...{ suite: ownSuite, signatureKey, config, random: rogue.random, keyPackages: [own.keyPackage] },
    leaf: {
      credential: { type: 1, identity: utf8(rogue.name) },
      capabilities: { ...CAPABILITIES, cipherSuites: [ownSuite.id] },
      extensions: [],
      lifetime: LIFETIME,
    },
  };
}

/** A Welcome that names a resumption key and is of a group that came about in some other way. */
function welcomeOf(
  rogue: Member,
  own: OwnKeyPackage,
  usage: 2 | 3,
  epoch: bigint,
  commitsBefore = 0,
  reinit?: Proposal,
) {
  const { extensions = [nameExtension('next')], groupId = utf8('the next group') } =
    reinit?.type === 'reinit' ? reinit : {};
  const { signatureKey, random } = rogue;
  const { leaf } = params(rogue, own);
  const config = { policy: lenientPolicy(), psk: () => rogue.group.resumptionPsk };
  const group = MlsGroup.create({ suite, groupId, extensions, signatureKey, random, leaf, config });
  for (let i = 0; i < commitsBefore; i++) group.merge(group.createCommit({ proposals: [], random }).staged);
  const psk = { type: 'resumption', usage, groupId: GROUP_ID, epoch, nonce: random(32) } as const;
  const add = { type: 'add', keyPackage: own.keyPackage } as const;
  const state = group.createCommit({ proposals: [add, { type: 'psk', psk }], random });
  return state.welcome as Uint8Array;
}

function expectRefused(
  rule: RuleName,
  welcome: Uint8Array | undefined,
  own: OwnKeyPackage,
  bob: Member,
  { alsoBroken = [], ownSuite = suite, hasPredecessor = true }: Partial<Options> = {},
) {
  const { group } = bob;
  const psk = () => PSK;
  expectRule(
    rule,
    () =>
      MlsGroup.join({
        ...{ suite: ownSuite, welcome: welcome as Uint8Array, keyPackage: () => own, signatureKey: bob.signatureKey },
        ...{ predecessor: hasPredecessor ? group : undefined, config: { policy: RFC_POLICY, psk } },
      }),
    { alsoBroken },
  );
}

interface Options {
  readonly alsoBroken: readonly RuleName[];
  readonly ownSuite: typeof suite;
  readonly hasPredecessor: boolean;
}

describe('rules on successors', () => {
  it('successor-predecessor', () => {
    const [rogue, bob] = before();
    const own = packageOf(bob);
    const config = { policy: lenientPolicy(), psk: () => PSK };
    const { signatureKey, random } = rogue;
    const { leaf } = params(rogue, own);
    const group = MlsGroup.create({ suite, groupId: utf8('b'), extensions: [], signatureKey, random, leaf, config });
    const psk = { type: 'resumption', usage: 3, groupId: utf8('a group of others'), epoch: 4n, nonce: PSK } as const;
    const proposals: Proposal[] = [
      { type: 'add', keyPackage: own.keyPackage },
      { type: 'psk', psk },
    ];
    const { welcome } = group.createCommit({ proposals, random });
    expectRefused('successor-predecessor', welcome, own, bob, { hasPredecessor: false });
  });

  it('successor-psk', () => {
    const [rogue, bob] = before();
    const own = packageOf(bob);
    // An ordinary group, passed off as one that branches off: no key says that it does.
    const { signatureKey, random } = rogue;
    const { leaf } = params(rogue, own);
    const group = MlsGroup.create({ suite, groupId: utf8('b'), extensions: [], signatureKey, random, leaf });
    const { welcome } = group.createCommit({ proposals: [{ type: 'add', keyPackage: own.keyPackage }], random });
    expectRefused('successor-psk', welcome, own, bob);
    // Nor does an application's key of the group before.
    const psk = { type: 'resumption', usage: 1, groupId: GROUP_ID, epoch: 1n, nonce: random(32) } as const;
    const config = { psk: () => rogue.group.resumptionPsk };
    const other = MlsGroup.create({ suite, groupId: utf8('c'), extensions: [], signatureKey, random, leaf, config });
    const add = { type: 'add', keyPackage: own.keyPackage } as const;
    const state = other.createCommit({ proposals: [add, { type: 'psk', psk }], random });
    expectRefused('successor-psk', state.welcome, own, bob);
  });

  it('successor-epoch', () => {
    const [rogue, bob] = before();
    const own = packageOf(bob);
    expectRefused('successor-epoch', welcomeOf(rogue, own, 3, 1n, 1), own, bob);
  });

  it('reinit-committed', () => {
    const [rogue, bob] = before();
    const own = packageOf(bob);
    const alsoBroken = ['reinit-parameters', 'reinit-members'] as const;
    expectRefused('reinit-committed', welcomeOf(rogue, own, 2, 1n), own, bob, { alsoBroken });
  });

  it.each([
    ['another group id', { ...REINIT, groupId: utf8('elsewhere') }],
    ['other extensions', { ...REINIT, extensions: [nameExtension('other')] }],
  ])('reinit-parameters: %s', (_, reinit) => {
    const [rogue, bob] = before(REINIT);
    const own = packageOf(bob);
    const welcome = welcomeOf(rogue, own, 2, 2n, 0, reinit as Proposal);
    expectRefused('reinit-parameters', welcome, own, bob, { alsoBroken: ['reinit-members'] });
  });

  it('reinit-members', () => {
    const [rogue, bob] = before(REINIT);
    const own = packageOf(bob);
    const { welcome } = rogue.group.foundReinitialized(params(rogue, own));
    expectRefused('reinit-members', welcome, own, bob);
  });

  it('branch-parameters', () => {
    const [rogue, bob] = before();
    const other = getCipherSuite(0x0001, nodeCrypto);
    const own = packageOf(bob, other);
    const { welcome } = rogue.group.foundBranch({ ...params(rogue, own, other), groupId: utf8('a branch') });
    expectRefused('branch-parameters', welcome, own, bob, { ownSuite: other });
  });

  it('branch-members', () => {
    const [rogue, bob] = before();
    const own = packageOf(bob);
    const request: BranchParams = { ...params(rogue, own), groupId: utf8('a branch') };
    const stranger = new Member('stranger').keyPackage().keyPackage;
    const { welcome } = rogue.group.foundBranch({ ...request, keyPackages: [own.keyPackage, stranger] });
    expectRefused('branch-members', welcome, own, bob);
  });
});
