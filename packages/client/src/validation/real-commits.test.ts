/** The rules on real MLS commits: two members, a node's order, and a member that does not follow the rules. */
import type { SignaturePrivateKey } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { encodeMlsCredential, identifierKey } from '@conclave/identity';
import {
  type Capabilities,
  createKeyPackage,
  getCipherSuite,
  MlsGroup,
  type Proposal,
  type StagedCommit,
} from '@conclave/mls';
import { beforeEach, describe, expect, it } from 'vitest';
import { changedExtensions, GroupPayloads, initialExtensions } from '../app-data/group-payloads.js';
import type { InboxStates } from '../identity/inbox-states.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import { ATTRIBUTE, initialMutableMetadata, withAttribute } from '../payloads/mutable-metadata.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { ALIX, BO, CARO, state } from './commit.testkit.js';
import { validateCommit } from './commit-rules.js';
import { validateJoin } from './join-rules.js';
import { OWN_PROTOCOL_VERSION } from './version.js';

const suite = getCipherSuite(0x0003, nodeCrypto);
const NOW_SECONDS = 1_795_250_540n;

const CAPABILITIES: Capabilities = {
  versions: [0x0001],
  cipherSuites: [0x0003],
  extensions: [0xff01, 0xff00, 0xff02, 0xf000, 0x000a, 0x0001],
  proposals: [0x0007],
  credentials: [0x0001],
};

/** A generator of tests: the same bytes in every run. */
function seeded(seed: number): (length: number) => Uint8Array {
  let counter = 0;
  return (length) => {
    const out = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += 32) {
      const block = nodeCrypto.hash('sha256', Uint8Array.of(seed, counter & 255, counter >> 8));
      out.set(block.subarray(0, Math.min(32, length - offset)), offset);
      counter++;
    }
    return out;
  };
}

/** One installation of an inbox. */
class Person {
  readonly inboxId: string;
  readonly random: (length: number) => Uint8Array;
  readonly signatureKey: SignaturePrivateKey;

  constructor(inboxId: string, seed: number) {
    this.inboxId = inboxId;
    this.random = seeded(seed);
    this.signatureKey = nodeCrypto.signaturePrivateKey(this.random(32));
  }

  get credential() {
    return { type: 1, identity: encodeMlsCredential(this.inboxId) } as const;
  }

  keyPackage(inboxId = this.inboxId) {
    return createKeyPackage({
      suite,
      signatureKey: this.signatureKey,
      credential: { type: 1, identity: encodeMlsCredential(inboxId) },
      capabilities: CAPABILITIES,
      lifetime: { notBefore: NOW_SECONDS - 3600n, notAfter: NOW_SECONDS + 7_257_600n },
      leafExtensions: [],
      extensions: [{ type: EXTENSION.lastResort, data: new Uint8Array() }],
      random: this.random,
    });
  }
}

let alix: Person;
let bo: Person;
let caro: Person;
let states: InboxStates;
let alixGroup: MlsGroup;
let boGroup: MlsGroup;

beforeEach(() => {
  alix = new Person(ALIX, 1);
  bo = new Person(BO, 2);
  caro = new Person(CARO, 3);
  const withKey = (person: Person) => {
    const made = state(person.inboxId);
    const identifier = { kind: 'installation', publicKey: person.signatureKey.publicKey } as const;
    const member = { identifier, addedBy: undefined, clientTimestampNs: 1n, addedOnChainId: undefined };
    return { ...made, members: new Map([...made.members, [identifierKey(identifier), member]]) };
  };
  const byInbox = new Map([alix, bo, caro].map((person) => [person.inboxId, withKey(person)]));
  states = {
    at: (inboxId, sequenceId) => (sequenceId === 7n ? byInbox.get(inboxId) : undefined),
    latestUpTo: (_inboxId, sequenceId) => (sequenceId >= 7n ? 7n : undefined),
  };

  alixGroup = MlsGroup.create({
    suite,
    groupId: alix.random(16),
    extensions: initialExtensions({
      immutableMetadata: { conversationType: 'group', creatorInboxId: ALIX },
      mutableMetadata: initialMutableMetadata({
        conversationType: 'group',
        creatorInboxId: ALIX,
        commitLogSigner: alix.random(32),
      }),
      membership: { members: new Map([[ALIX, 0n]]), failedInstallations: [] },
      permissions: presetPolicies('all-members'),
    }),
    leaf: {
      credential: alix.credential,
      capabilities: CAPABILITIES,
      extensions: [],
      lifetime: { notBefore: NOW_SECONDS - 3600n, notAfter: NOW_SECONDS + 7_257_600n },
    },
    signatureKey: alix.signatureKey,
    random: alix.random,
  });
  const own = bo.keyPackage();
  const { welcome, staged } = alixGroup.createCommit({
    proposals: [replaced(alixGroup, members(ALIX, BO)), { type: 'add', keyPackage: own.keyPackage }],
    random: alix.random,
  });
  expect(judge(alixGroup, staged)).toMatchObject({
    ok: true,
    validated: { addedInboxes: [BO], updatedInboxes: [ALIX] },
  });
  alixGroup.merge(staged);
  const joined = MlsGroup.join({
    suite,
    welcome: welcome as Uint8Array,
    keyPackage: () => own,
    signatureKey: bo.signatureKey,
  });
  boGroup = joined.group;
  const verdict = validateJoin({
    payloads: new GroupPayloads(boGroup.context.extensions),
    group: boGroup,
    signerLeafIndex: joined.signerLeafIndex,
    ownInboxId: BO,
    ownVersion: OWN_PROTOCOL_VERSION,
    states,
    fetched: false,
  });
  expect(verdict).toEqual({
    ok: true,
    validated: { adder: { inboxId: ALIX, installationId: alix.signatureKey.publicKey } },
  });
});

function members(...inboxIds: readonly string[]): Parameters<typeof changedExtensions>[1] {
  return { membership: { members: new Map(inboxIds.map((inboxId) => [inboxId, 7n])), failedInstallations: [] } };
}

function replaced(group: MlsGroup, changes: Parameters<typeof changedExtensions>[1]): Proposal {
  return { type: 'group-context-extensions', extensions: changedExtensions(group.context.extensions, changes) };
}

function judge(group: MlsGroup, staged: StagedCommit) {
  return validateCommit(staged, {
    current: new GroupPayloads(group.context.extensions),
    members: group,
    states,
    ownVersion: OWN_PROTOCOL_VERSION,
    fetched: false,
  });
}

/** Bo commits, and alix judges what arrives. */
function fromBo(proposals: readonly Proposal[]) {
  const { message, staged } = boGroup.createCommit({ proposals, random: bo.random });
  const own = judge(boGroup, staged);
  const stored = judge(boGroup, boGroup.decodeStagedCommit(staged.encode()));
  const processed = alixGroup.process(message);
  if (processed.kind !== 'commit') throw new Error('not a commit');
  const theirs = judge(alixGroup, processed.staged);
  // Author and receiver, and the author after a restart, come to one verdict.
  for (const verdict of [own, stored]) expect(verdict.ok).toBe(theirs.ok);
  return theirs;
}

const rename = (group: MlsGroup, attribute: string, value: string): Proposal => {
  const { mutableMetadata } = new GroupPayloads(group.context.extensions);
  return replaced(group, { mutableMetadata: withAttribute(mutableMetadata, attribute, value) });
};

describe('commits of real groups', () => {
  it('of a member: a rename, a key update and an added inbox are accepted', () => {
    expect(fromBo([rename(boGroup, ATTRIBUTE.groupName, 'ours')])).toMatchObject({
      ok: true,
      validated: {
        actor: { inboxId: BO, isSuperAdmin: false },
        metadata: { attributes: [{ key: 'group_name', oldValue: '', newValue: 'ours' }] },
      },
    });
    expect(fromBo([])).toMatchObject({ ok: true, validated: { addedInboxes: [], actor: { inboxId: BO } } });
    const { keyPackage } = caro.keyPackage();
    const added = fromBo([replaced(boGroup, members(ALIX, BO, CARO)), { type: 'add', keyPackage }]);
    expect(added).toMatchObject({
      ok: true,
      validated: { addedInboxes: [CARO], addedInstallations: [caro.signatureKey.publicKey] },
    });
  });

  it('of a member: what needs an admin is refused', () => {
    expect(fromBo([rename(boGroup, ATTRIBUTE.messageDisappearInNs, '1')])).toMatchObject({
      error: { details: { guard: 'update-metadata' } },
    });
    expect(fromBo([replaced(boGroup, { permissions: presetPolicies('admin-only') })])).toMatchObject({
      error: { details: { guard: 'update-permissions' } },
    });
    expect(fromBo([replaced(boGroup, members(BO)), { type: 'remove', leafIndex: 0 }])).toMatchObject({
      error: { details: { guard: 'remove-member' } },
    });
  });

  it('of a member: a stranger behind the name of an inbox is refused', () => {
    const { keyPackage } = caro.keyPackage(BO);
    expect(fromBo([{ type: 'add', keyPackage }])).toMatchObject({
      error: { details: { rule: 'added-installations' } },
    });
    const unannounced = caro.keyPackage();
    expect(fromBo([{ type: 'add', keyPackage: unannounced.keyPackage }])).toMatchObject({
      error: { details: { rule: 'added-installations' } },
    });
  });

  it('of a member: extensions that lose a payload are refused', () => {
    const extensions = boGroup.context.extensions.filter(({ type }) => type !== EXTENSION.groupMembership);
    expect(fromBo([{ type: 'group-context-extensions', extensions }])).toMatchObject({
      error: { details: { rule: 'membership-kept' } },
    });
  });

  it('keep the decoded membership while its bytes stay', () => {
    const current = new GroupPayloads(boGroup.context.extensions);
    const { staged } = boGroup.createCommit({ proposals: [rename(boGroup, 'group_name', 'x')], random: bo.random });
    const context = { members: boGroup, states, ownVersion: OWN_PROTOCOL_VERSION, fetched: false };
    const verdict = validateCommit(staged, { ...context, current });
    expect(verdict.ok && verdict.validated.membershipAfter === verdict.validated.membershipBefore).toBe(true);
    expect(verdict.ok && verdict.validated.payloads.membership === current.membership).toBe(true);
  });
});
