import { describe, expect, it } from 'vitest';
import { ATTRIBUTE } from '../payloads/mutable-metadata.js';
import { withPolicy } from '../payloads/permissions.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { APP_DATA_BREACHES, type Breach } from './app-data-breaches.testkit.js';
import { addCaro, adminChange, byBo, type Change, nothing, removeBo, rename, withMinimum } from './changes.testkit.js';
import { ALIX, BO, CARO, EXTENSION, garbled, key, leaf, scenario, without } from './commit.testkit.js';
import { COMMIT_RULES, type CommitRule } from './commit-rule-table.js';

const BREACHES: readonly Breach[] = [
  ...[EXTENSION.immutableMetadata, EXTENSION.mutableMetadata, EXTENSION.permissions].flatMap((type): Breach[] => [
    {
      rule: 'current-payloads',
      title: `extension ${type.toString(16)} absent`,
      broken: (s) => {
        s.currentExtensions = without(type);
      },
      repaired: nothing,
    },
    {
      rule: 'current-payloads',
      title: `extension ${type.toString(16)} malformed`,
      broken: (s) => {
        s.currentExtensions = garbled(type);
      },
      repaired: nothing,
    },
  ]),
  {
    rule: 'mutable-metadata-kept',
    title: 'dropped',
    broken: (s) => {
      s.nextExtensions = without(EXTENSION.mutableMetadata);
    },
    repaired: nothing,
  },
  {
    rule: 'mutable-metadata-kept',
    title: 'malformed',
    broken: (s) => {
      s.nextExtensions = garbled(EXTENSION.mutableMetadata);
    },
    repaired: nothing,
  },
  {
    rule: 'attribute-length',
    title: 'a name of 101 bytes in 99 characters',
    broken: rename(`${'x'.repeat(97)}éé`),
    repaired: rename(`${'x'.repeat(96)}éé`),
  },
  {
    rule: 'attribute-length',
    title: 'app data of 8193 bytes',
    broken: rename('x'.repeat(8193), ATTRIBUTE.appData),
    repaired: rename('x'.repeat(8192), ATTRIBUTE.appData),
  },
  {
    rule: 'permissions-kept',
    title: 'dropped',
    broken: (s) => {
      s.nextExtensions = without(EXTENSION.permissions);
    },
    repaired: nothing,
  },
  {
    rule: 'permissions-kept',
    title: 'malformed',
    broken: (s) => {
      s.nextExtensions = garbled(EXTENSION.permissions);
    },
    repaired: nothing,
  },
  {
    rule: 'proposer-is-member',
    title: 'a proposal of a blank leaf',
    broken: (s) => {
      s.proposals = [{ proposal: { type: 'add' }, senderLeafIndex: 7 }];
    },
    repaired: (s) => {
      s.proposals = [{ proposal: { type: 'add' }, senderLeafIndex: 0 }];
    },
  },
  {
    rule: 'proposer-is-member',
    title: 'a proposal from outside',
    broken: (s) => {
      s.proposals = [{ proposal: { type: 'add' } }];
    },
    repaired: (s) => {
      s.proposals = [{ proposal: { type: 'add' }, senderLeafIndex: 0 }];
    },
  },
  {
    rule: 'single-actor',
    title: 'proposals of two members',
    broken: (s) => {
      s.pathLeaf = null;
      s.proposals = [0, 1].map((senderLeafIndex) => ({ proposal: { type: 'add' }, senderLeafIndex }));
    },
    repaired: (s) => {
      s.pathLeaf = null;
      s.proposals = [0, 0].map((senderLeafIndex) => ({ proposal: { type: 'add' }, senderLeafIndex }));
    },
  },
  {
    rule: 'single-actor',
    title: 'a path with another key than the proposer',
    broken: (s) => {
      s.proposals = [{ proposal: { type: 'add' }, senderLeafIndex: 0 }];
      s.pathLeaf = leaf(BO, 2);
    },
    repaired: (s) => {
      s.pathLeaf = leaf(BO, 2);
    },
  },
  {
    rule: 'actor-known',
    title: 'neither path nor proposal',
    broken: (s) => {
      s.pathLeaf = null;
    },
    repaired: (s) => {
      s.pathLeaf = null;
      s.proposals = [{ proposal: { type: 'add' }, senderLeafIndex: 0 }];
    },
  },
  {
    rule: 'actor-credential',
    title: 'an x509 credential in the path',
    broken: (s) => {
      s.pathLeaf = { signatureKey: key(1), credential: { type: 2, raw: new Uint8Array() } };
    },
    repaired: (s) => {
      s.pathLeaf = leaf(ALIX, 1);
    },
  },
  {
    rule: 'actor-credential',
    title: 'no MlsCredential in an updated leaf',
    broken: (s) => {
      const leafNode = { signatureKey: key(2), credential: { type: 1, identity: Uint8Array.of(0x0a, 9) } } as const;
      s.proposals = [{ proposal: { type: 'update', leafNode }, senderLeafIndex: 0 }];
    },
    repaired: (s) => {
      s.proposals = [{ proposal: { type: 'update', leafNode: leaf(BO, 2) }, senderLeafIndex: 0 }];
    },
  },
  {
    rule: 'no-psk',
    title: 'a pre-shared key',
    broken: (s) => {
      s.proposals = [{ proposal: { type: 'psk' }, senderLeafIndex: 0 }];
    },
    repaired: nothing,
  },
  {
    rule: 'membership-kept',
    title: 'dropped',
    broken: (s) => {
      s.nextExtensions = without(EXTENSION.groupMembership);
    },
    repaired: nothing,
  },
  {
    rule: 'membership-kept',
    title: 'malformed before',
    broken: (s) => {
      s.currentExtensions = garbled(EXTENSION.groupMembership);
    },
    repaired: nothing,
  },
  {
    rule: 'sequence-id-increases',
    title: 'lowered',
    broken: (s) => {
      s.states.set(BO, 19n, 2);
      s.setMembers({ [BO]: 19n });
    },
    repaired: (s) => {
      s.states.set(BO, 21n, 2);
      s.setMembers({ [BO]: 21n });
    },
  },
  {
    rule: 'identity-log',
    title: 'an inbox added at a position that its log does not have',
    broken: (s) => {
      s.fetched = true;
      s.setMembers({ [CARO]: 31n });
    },
    repaired: (s) => {
      s.fetched = true;
      s.setMembers({ [CARO]: 30n });
    },
  },
  {
    rule: 'identity-log',
    title: 'an inbox added at position 0',
    broken: (s) => {
      s.setMembers({ [CARO]: 0n });
    },
    repaired: (s) => {
      s.setMembers({ [CARO]: 30n });
    },
  },
  {
    rule: 'identity-log',
    title: 'a name that is no inbox id, which nobody should ask the network for',
    broken: (s) => {
      s.setMembers({ x: 30n });
    },
    repaired: (s) => {
      s.setMembers({ [CARO]: 30n });
    },
  },
  {
    rule: 'identity-log',
    title: 'a name that plain objects lose',
    broken: (s) => {
      const members = new Map(s.before.membership.members).set('__proto__', 30n);
      s.changes = { membership: { members, failedInstallations: [] } };
    },
    repaired: (s) => {
      s.setMembers({ [CARO]: 30n });
    },
  },
  {
    rule: 'identity-log',
    title: 'updates skipped between two positions',
    broken: (s) => {
      s.fetched = true;
      s.setMembers({ [BO]: 99n });
    },
    repaired: (s) => {
      s.setMembers({ [BO]: 25n });
    },
  },
  {
    rule: 'identity-log',
    title: 'the actor at position 0',
    broken: (s) => {
      s.before = { ...s.before, membership: { members: new Map([[ALIX, 0n]]), failedInstallations: [] } };
    },
    repaired: (s) => {
      s.before = { ...s.before, membership: { members: new Map([[ALIX, 0n]]), failedInstallations: [] } };
      s.setMembers({ [ALIX]: 10n });
    },
  },
  { rule: 'added-installations', title: 'of no inbox in the change', broken: addCaro(4, 9), repaired: addCaro(4) },
  {
    rule: 'added-installations',
    title: 'of an inbox whose sequence id was not raised',
    broken: (s) => {
      s.added = [leaf(BO, 3)];
    },
    repaired: (s) => {
      s.setMembers({ [BO]: 25n });
      s.added = [leaf(BO, 3)];
    },
  },
  {
    rule: 'removed-installations',
    title: 'a leaf whose installation stays',
    broken: (s) => {
      s.removed = [leaf(BO, 2)];
    },
    repaired: removeBo,
  },
  {
    rule: 'removed-installations',
    title: 'an inbox leaves and its leaf stays',
    broken: (s) => {
      s.setMembers({ [BO]: undefined });
    },
    repaired: removeBo,
  },
  {
    rule: 'removed-installations',
    title: 'an installation was revoked and its leaf stays',
    broken: (s) => {
      s.setMembers({ [BO]: 26n });
    },
    repaired: (s) => {
      s.setMembers({ [BO]: 26n });
      s.removed = [leaf(BO, 2)];
    },
  },
  {
    rule: 'removed-installations',
    title: 'a member that is no super admin adds an installation again',
    broken: byBo((s) => {
      s.removed = [leaf(ALIX, 1)];
      s.added = [leaf(ALIX, 1)];
    }),
    repaired: (s) => {
      s.removed = [leaf(BO, 2)];
      s.added = [leaf(BO, 2)];
    },
  },
  {
    rule: 'subject-in-membership',
    title: 'the actor removes its own inbox',
    broken: (s) => {
      s.setMembers({ [ALIX]: undefined });
      s.removed = [leaf(ALIX, 1)];
    },
    repaired: removeBo,
  },
  {
    rule: 'subject-in-membership',
    title: 'the path names an inbox outside the group',
    broken: (s) => {
      s.pathLeaf = leaf(CARO, 1);
    },
    repaired: (s) => {
      s.pathLeaf = leaf(ALIX, 1);
    },
  },
  {
    rule: 'subject-installation',
    title: 'the path names another inbox of the group',
    broken: byBo((s) => {
      s.pathLeaf = leaf(ALIX, 2);
    }),
    repaired: byBo((s) => {
      s.pathLeaf = leaf(BO, 2);
    }),
  },
  {
    rule: 'subject-installation',
    title: 'an updated leaf has a key that its inbox does not have',
    broken: (s) => {
      s.proposals = [{ proposal: { type: 'update', leafNode: leaf(BO, 3) }, senderLeafIndex: 0 }];
    },
    repaired: (s) => {
      s.proposals = [{ proposal: { type: 'update', leafNode: leaf(BO, 2) }, senderLeafIndex: 0 }];
    },
  },
  {
    rule: 'permissions',
    title: 'a member sets when messages disappear',
    broken: byBo(rename('5', ATTRIBUTE.messageDisappearInNs)),
    repaired: rename('5', ATTRIBUTE.messageDisappearInNs),
  },
  {
    rule: 'version-format',
    title: 'a minimum of two numbers',
    broken: withMinimum('1.10'),
    repaired: withMinimum('1.9.0'),
  },
  {
    rule: 'minimum-version',
    title: 'a newer client is demanded',
    broken: withMinimum('1.10.1'),
    repaired: withMinimum('1.10.0'),
  },
  ...APP_DATA_BREACHES,
];

const CODES: Partial<Record<CommitRule, string>> = {
  permissions: 'client/permission-denied',
  'minimum-version': 'client/group-paused',
};

describe('commit rules', () => {
  it.each(BREACHES.map((breach) => [breach.rule, breach.title, breach] as const))('%s: %s', (rule, _title, breach) => {
    const broken = scenario(breach.broken).judge();
    expect(broken).toMatchObject({
      ok: false,
      error: { code: CODES[rule] ?? 'client/commit-invalid', details: { rule } },
    });
    expect(scenario(breach.repaired).judge()).toMatchObject({ ok: true });
  });

  it('shows no more of what others wrote than an id is long', () => {
    const verdict = scenario(byBo(rename('x', 'k'.repeat(5000)))).judge();
    expect(verdict).toMatchObject({ error: { details: { guard: 'update-metadata', attribute: 'k'.repeat(64) } } });
  });

  it('has a test for every rule of the table', () => {
    // The last two are rules on invitations that hold for members' commits as well.
    const names = [...Object.keys(COMMIT_RULES), 'external-policy', 'join-tagged'];
    expect(new Set(BREACHES.map(({ rule }) => rule))).toEqual(new Set(names));
  });

  it('names a guard for every kind of forbidden change', () => {
    const guardOf = (change: Change): unknown => {
      const verdict = scenario(change).judge();
      if (verdict.ok || verdict.missing !== undefined) return verdict;
      return verdict.error.details.guard;
    };
    const adminOnly: Change = (s) => {
      s.before = { ...s.before, permissions: presetPolicies('admin-only') };
    };
    const both = (...changes: Change[]): Change => {
      return (s) => {
        for (const change of changes) change(s);
      };
    };
    const asBo = byBo(nothing);
    expect(guardOf(both(adminOnly, asBo, addCaro(4, 5)))).toBe('add-member');
    expect(
      guardOf((s) => {
        s.committer = 1;
        s.leaves.push(leaf(CARO, 4), leaf(CARO, 5));
        s.before = {
          ...s.before,
          membership: { ...s.before.membership, members: new Map([...s.before.membership.members, [CARO, 30n]]) },
        };
        s.setMembers({ [CARO]: undefined });
        s.removed = [leaf(CARO, 4), leaf(CARO, 5)];
      }),
    ).toBe('remove-member');
    expect(
      guardOf(
        both(removeBo, (s) => {
          s.before = { ...s.before, mutableMetadata: { ...s.before.mutableMetadata, superAdminList: [ALIX, BO] } };
        }),
      ),
    ).toBe('super-admin-not-removable');
    expect(guardOf(both(asBo, rename('x', '_commit_log_signer')))).toBe('update-metadata');
    expect(guardOf(both(asBo, adminChange('admin', 'add', BO)))).toBe('add-admin');
    expect(
      guardOf(
        both(
          (s) => {
            s.before = { ...s.before, mutableMetadata: { ...s.before.mutableMetadata, adminList: [BO] } };
          },
          asBo,
          adminChange('admin', 'remove', BO),
        ),
      ),
    ).toBe('remove-admin');
    expect(guardOf(both(asBo, adminChange('super-admin', 'add', BO)))).toBe('add-super-admin');
    expect(guardOf(both(asBo, adminChange('super-admin', 'remove', ALIX)))).toBe('remove-super-admin');
    expect(guardOf(adminChange('super-admin', 'remove', ALIX))).toBe('last-super-admin');
    expect(
      guardOf(
        both(asBo, (s) => {
          s.changes = { permissions: withPolicy(s.before.permissions, 'add-member', 'admin') };
        }),
      ),
    ).toBe('update-permissions');
  });
});
