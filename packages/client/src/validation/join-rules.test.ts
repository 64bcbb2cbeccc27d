import { describe, expect, it } from 'vitest';
import { GroupPayloads, type InitialPayloads, initialExtensions } from '../app-data/group-payloads.js';
import { ATTRIBUTE, withAttribute } from '../payloads/mutable-metadata.js';
import { customPolicies, presetPolicies } from '../payloads/policy-presets.js';
import { ALIX, BO, CARO, EXTENSION, garbled, key, leaf, TestStates, without } from './commit.testkit.js';
import { JOIN_RULES, type JoinContext, type JoinRule, type JoinVerdict, validateJoin } from './join-rules.js';
import type { IdentityLeaf } from './leaf-identity.js';
import { OWN_PROTOCOL_VERSION } from './version.js';

/** Bo joins a group of alix, who has two installations. */
class Welcome {
  payloads: InitialPayloads = {
    immutableMetadata: { conversationType: 'group', creatorInboxId: ALIX },
    mutableMetadata: { attributes: new Map(), adminList: [], superAdminList: [ALIX] },
    membership: {
      members: new Map([
        [ALIX, 10n],
        [BO, 20n],
      ]),
      failedInstallations: [],
    },
    permissions: presetPolicies('all-members'),
  };
  extensions = (extensions: ReturnType<typeof initialExtensions>): ReturnType<typeof initialExtensions> => extensions;
  leaves: IdentityLeaf[] = [leaf(ALIX, 1), leaf(ALIX, 7), leaf(BO, 2)];
  states = new TestStates().set(ALIX, 10n, 1, 7).set(BO, 20n, 2);
  signerLeafIndex = 0;
  ownInboxId = BO;
  fetched = false;

  judge(): JoinVerdict {
    const { leaves } = this;
    const context: JoinContext = {
      payloads: new GroupPayloads(this.extensions(initialExtensions(this.payloads))),
      group: {
        leaf: (index) => leaves[index],
        *members() {
          for (const leafNode of leaves) yield { leafNode };
        },
      },
      signerLeafIndex: this.signerLeafIndex,
      ownInboxId: this.ownInboxId,
      ownVersion: OWN_PROTOCOL_VERSION,
      states: this.states,
      fetched: this.fetched,
    };
    return validateJoin(context);
  }
}

function welcome(change: (w: Welcome) => void = () => {}): Welcome {
  const made = new Welcome();
  change(made);
  return made;
}

function asDm(w: Welcome): void {
  w.payloads = {
    ...w.payloads,
    immutableMetadata: { conversationType: 'dm', creatorInboxId: ALIX, dmMembers: { one: ALIX, two: BO } },
    mutableMetadata: { ...w.payloads.mutableMetadata, superAdminList: [] },
    permissions: presetPolicies('dm'),
  };
}

function asSync(w: Welcome): void {
  w.payloads = { ...w.payloads, immutableMetadata: { conversationType: 'sync', creatorInboxId: ALIX } };
}

/** Alix's second installation joins instead of Bo. */
function withoutBo(w: Welcome): void {
  w.ownInboxId = ALIX;
  w.leaves = [leaf(ALIX, 1), leaf(ALIX, 7)];
  w.payloads = { ...w.payloads, membership: { members: new Map([[ALIX, 10n]]), failedInstallations: [] } };
}

const nothing = (): void => {};

const BREACHES: readonly {
  readonly rule: JoinRule;
  readonly title: string;
  readonly broken: (w: Welcome) => void;
  readonly repaired: (w: Welcome) => void;
}[] = [
  ...[EXTENSION.immutableMetadata, EXTENSION.mutableMetadata, EXTENSION.groupMembership, EXTENSION.permissions].map(
    (type) => ({
      rule: 'group-payloads' as const,
      title: `extension ${type.toString(16)}`,
      broken: (w: Welcome) => {
        w.extensions = type % 2 === 0 ? without(type) : garbled(type);
      },
      repaired: nothing,
    }),
  ),
  {
    rule: 'adder-known',
    title: 'a blank leaf signed',
    broken: (w) => {
      w.signerLeafIndex = 9;
    },
    repaired: nothing,
  },
  {
    rule: 'identity-log',
    title: 'a position that does not exist',
    broken: (w) => {
      w.fetched = true;
      w.payloads = { ...w.payloads, membership: { members: new Map([[ALIX, 11n]]), failedInstallations: [] } };
    },
    repaired: (w) => {
      w.fetched = true;
    },
  },
  {
    rule: 'identity-log',
    title: 'position 0',
    broken: (w) => {
      w.payloads = { ...w.payloads, membership: { members: new Map([[ALIX, 0n]]), failedInstallations: [] } };
    },
    repaired: nothing,
  },
  {
    rule: 'identity-log',
    title: 'a name that is no inbox id',
    broken: (w) => {
      w.payloads = { ...w.payloads, membership: { members: new Map([['x', 1n]]), failedInstallations: [] } };
    },
    repaired: nothing,
  },
  {
    rule: 'leaf-in-membership',
    title: 'a leaf of an inbox outside',
    broken: (w) => {
      w.leaves.push(leaf(CARO, 4));
    },
    repaired: nothing,
  },
  {
    rule: 'leaf-in-membership',
    title: 'a leaf without a credential of XMTP',
    broken: (w) => {
      w.leaves.push({ signatureKey: key(4), credential: { type: 1, identity: Uint8Array.of(1) } });
    },
    repaired: nothing,
  },
  {
    rule: 'leaf-installation',
    title: 'a leaf that claims the inbox of another',
    broken: (w) => {
      w.leaves[1] = leaf(ALIX, 4);
    },
    repaired: nothing,
  },
  {
    rule: 'leaf-installation',
    title: 'two leaves of one installation',
    broken: (w) => {
      w.leaves.push(leaf(ALIX, 7));
    },
    repaired: nothing,
  },
  {
    rule: 'installations-complete',
    title: 'an installation without a leaf',
    broken: (w) => {
      w.leaves.splice(1, 1);
    },
    repaired: (w) => {
      w.leaves.splice(1, 1);
      w.payloads = { ...w.payloads, membership: { ...w.payloads.membership, failedInstallations: [key(7)] } };
    },
  },
  {
    rule: 'dm-members',
    title: 'a DM without members',
    broken: (w) => {
      asDm(w);
      w.payloads = { ...w.payloads, immutableMetadata: { conversationType: 'dm', creatorInboxId: ALIX } };
    },
    repaired: asDm,
  },
  {
    rule: 'dm-members',
    title: 'a DM between others',
    broken: (w) => {
      asDm(w);
      w.payloads = {
        ...w.payloads,
        immutableMetadata: { conversationType: 'dm', creatorInboxId: ALIX, dmMembers: { one: ALIX, two: CARO } },
      };
    },
    repaired: asDm,
  },
  {
    rule: 'dm-members',
    title: 'our own inbox adds us to a DM of others',
    broken: (w) => {
      asDm(w);
      w.ownInboxId = ALIX;
      w.payloads = {
        ...w.payloads,
        immutableMetadata: { conversationType: 'dm', creatorInboxId: ALIX, dmMembers: { one: CARO, two: BO } },
      };
    },
    repaired: (w) => {
      asDm(w);
      w.ownInboxId = ALIX;
    },
  },
  {
    rule: 'dm-no-admins',
    title: 'a DM with a super admin',
    broken: (w) => {
      asDm(w);
      w.payloads = { ...w.payloads, mutableMetadata: { ...w.payloads.mutableMetadata, superAdminList: [ALIX] } };
    },
    repaired: asDm,
  },
  {
    rule: 'dm-policies',
    title: 'a DM in which one policy is another',
    broken: (w) => {
      asDm(w);
      w.payloads = {
        ...w.payloads,
        permissions: { ...presetPolicies('dm'), removeMember: { kind: 'base', base: 'allow' } },
      };
    },
    repaired: (w) => {
      asDm(w);
      w.payloads = { ...w.payloads, permissions: { ...presetPolicies('dm'), updateMetadata: new Map() } };
    },
  },
  {
    rule: 'sync-own-inbox',
    title: 'made by somebody else',
    broken: asSync,
    repaired: (w) => {
      asSync(w);
      withoutBo(w);
    },
  },
  {
    rule: 'sync-own-inbox',
    title: 'with a member of another inbox',
    broken: (w) => {
      asSync(w);
      w.ownInboxId = ALIX;
    },
    repaired: (w) => {
      asSync(w);
      withoutBo(w);
    },
  },
];

describe('join rules', () => {
  it.each(BREACHES.map((breach) => [breach.rule, breach.title, breach] as const))('%s: %s', (rule, _title, breach) => {
    expect(welcome(breach.broken).judge()).toMatchObject({
      ok: false,
      error: { code: 'client/welcome-invalid', details: { rule } },
    });
    expect(welcome(breach.repaired).judge()).toMatchObject({ ok: true });
  });

  it('has a test for every rule of the table', () => {
    expect(new Set(BREACHES.map(({ rule }) => rule))).toEqual(new Set(Object.keys(JOIN_RULES)));
  });

  it('names all missing states', () => {
    const verdict = welcome((w) => {
      w.states = new TestStates();
    }).judge();
    expect(verdict).toEqual({
      ok: false,
      missing: [
        { inboxId: ALIX, sequenceId: 10n },
        { inboxId: BO, sequenceId: 20n },
      ],
    });
  });

  it('tells who added us', () => {
    const verdict = welcome((w) => {
      w.signerLeafIndex = 1;
    }).judge();
    expect(verdict).toEqual({ ok: true, validated: { adder: { inboxId: ALIX, installationId: key(7) } } });
  });

  it('tells the members of a DM, and accepts one with admins from our own inbox', () => {
    expect(welcome(asDm).judge()).toMatchObject({ ok: true, validated: { dmMembers: { one: ALIX, two: BO } } });
    const own = welcome((w) => {
      asDm(w);
      w.ownInboxId = ALIX;
      w.payloads = {
        ...w.payloads,
        mutableMetadata: { ...w.payloads.mutableMetadata, superAdminList: [ALIX] },
        permissions: customPolicies({
          addMember: 'allow',
          removeMember: 'allow',
          addAdmin: 'allow',
          removeAdmin: 'allow',
          updateGroupName: 'allow',
          updateDescription: 'allow',
          updateGroupImageUrlSquare: 'allow',
          updateAppData: 'allow',
          updateMessageDisappearing: 'allow',
        }),
      };
    });
    expect(own.judge()).toMatchObject({ ok: true });
  });

  it('pauses a group, and neither a DM nor a sync group', () => {
    const demand = (w: Welcome): void => {
      w.payloads = {
        ...w.payloads,
        mutableMetadata: withAttribute(w.payloads.mutableMetadata, ATTRIBUTE.minimumSupportedProtocolVersion, '9.0.0'),
      };
    };
    expect(welcome(demand).judge()).toMatchObject({ ok: true, validated: { pausedForVersion: '9.0.0' } });
    const dm = welcome((w) => {
      asDm(w);
      demand(w);
    }).judge();
    const sync = welcome((w) => {
      demand(w);
      asSync(w);
      withoutBo(w);
    }).judge();
    expect(sync).toMatchObject({ ok: true });
    for (const verdict of [dm, sync]) expect(verdict).not.toHaveProperty('validated.pausedForVersion');
  });

  it('asks no metadata of a oneshot', () => {
    const oneshot = welcome((w) => {
      w.payloads = { ...w.payloads, immutableMetadata: { conversationType: 'oneshot', creatorInboxId: ALIX } };
      w.extensions = without(EXTENSION.mutableMetadata);
    });
    expect(oneshot.judge()).toMatchObject({ ok: true });
  });
});
