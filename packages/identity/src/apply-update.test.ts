/** Each rule of the state machine, broken alone: signatures are taken as verified, only the rule decides. */
import { toHex } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import type { IdentityAction } from './actions.js';
import { applyUpdate, applyUpdates } from './apply-update.js';
import type { AssociationState } from './association-state.js';
import { type Identifier, identifierKey, type MemberIdentifier } from './identifier.js';
import { inboxIdOf } from './inbox-id.js';
import type { SignatureKind, VerifiedSignature } from './signatures/signature.js';
import { codeOf } from './vectors.testkit.js';
import type { VerifiedIdentityUpdate } from './verify.js';

type Action = IdentityAction<VerifiedSignature>;

const ethereum = (digit: string): Identifier => ({ kind: 'ethereum', address: `0x${digit.repeat(40)}` });
const installation = (byte: number): MemberIdentifier => ({
  kind: 'installation',
  publicKey: new Uint8Array(32).fill(byte),
});
const passkey = (byte: number): Identifier => ({ kind: 'passkey', publicKey: new Uint8Array(33).fill(byte) });

const alice = ethereum('a');
const bob = ethereum('b');
const carol = ethereum('c');
const phone = installation(1);
const laptop = installation(2);
const key = passkey(2);

const KINDS: Record<MemberIdentifier['kind'], SignatureKind> = {
  ethereum: 'erc-191',
  installation: 'installation-key',
  passkey: 'p256',
};

let counter = 0;
/** A verified signature with raw bytes that no other has. */
function by(signer: MemberIdentifier, change: Partial<VerifiedSignature> = {}): VerifiedSignature {
  counter += 1;
  const rawBytes = new TextEncoder().encode(`signature ${counter}`);
  return { signer, kind: KINDS[signer.kind], rawBytes, chainId: undefined, ...change };
}
const legacy = { kind: 'legacy-delegated' } as const;
const onChain = (chainId: bigint) => ({ kind: 'erc-1271', chainId }) as const;

function create(owner: Identifier, ownerSignature = by(owner), nonce = 1n): Action {
  return { kind: 'create-inbox', owner, nonce, ownerSignature };
}
function add(newMember: MemberIdentifier, existing: VerifiedSignature, joining = by(newMember)): Action {
  return {
    kind: 'add-association',
    newMember,
    existingMemberSignature: existing,
    newMemberSignature: joining,
  };
}
function revoke(member: MemberIdentifier, recoverySignature: VerifiedSignature): Action {
  return { kind: 'revoke-association', member, recoverySignature };
}
function handOver(newRecoveryIdentifier: Identifier, recoverySignature: VerifiedSignature): Action {
  return { kind: 'change-recovery-identifier', newRecoveryIdentifier, recoverySignature };
}

const inboxId = inboxIdOf(alice, 1n);
const legacyInboxId = inboxIdOf(alice, 0n);
function update(actions: readonly Action[], id = inboxId, clientTimestampNs = 5n): VerifiedIdentityUpdate {
  return { inboxId: id, clientTimestampNs, actions };
}

const before = applyUpdate(undefined, update([create(alice), add(phone, by(alice))]));
const legacyBefore = applyUpdate(undefined, update([create(alice, by(alice), 0n)], legacyInboxId));
const walletBefore = applyUpdate(undefined, update([create(alice, by(alice, onChain(8453n)))]));
const withKey = applyUpdate(before, update([add(key, by(alice))]));
const bobRecovers = applyUpdate(before, update([handOver(bob, by(alice))]));

/** Code with which the state machine refuses the actions after `state`. */
function refusal(state: AssociationState | undefined, actions: readonly Action[], id = state?.inboxId ?? inboxId) {
  return codeOf(() => applyUpdate(state, update(actions, id)));
}

function keysOf(state: AssociationState): string[] {
  return [...state.members.keys()].sort();
}

describe('create inbox', () => {
  it('makes the owner member and recovery identifier', () => {
    const state = applyUpdate(undefined, update([create(alice)]));
    expect(state).toMatchObject({ inboxId, recoveryIdentifier: alice });
    expect([...state.members]).toEqual([
      [
        identifierKey(alice),
        { identifier: alice, addedBy: undefined, clientTimestampNs: undefined, addedOnChainId: undefined },
      ],
    ]);
  });

  it('remembers the chain of a contract wallet', () => {
    expect(walletBefore.members.get(identifierKey(alice))?.addedOnChainId).toBe(8453n);
  });

  it('is refused when there is a state', () => {
    expect(refusal(before, [create(alice)])).toBe('identity/multiple-create');
    expect(refusal(undefined, [create(alice), create(alice)])).toBe('identity/multiple-create');
  });

  it('is refused when someone else signed', () => {
    expect(refusal(undefined, [create(alice, by(bob))])).toBe('identity/missing-existing-member');
  });

  it('is refused with a signature that does not fit the owner', () => {
    expect(refusal(undefined, [create(alice, by(alice, { kind: 'p256' }))])).toBe('identity/signature-not-allowed');
    const byKey = [create(key, by(key, { kind: 'erc-191' }))];
    expect(refusal(undefined, byKey, inboxIdOf(key))).toBe('identity/signature-not-allowed');
  });

  it('takes a legacy signature with nonce 0 only', () => {
    expect(refusal(undefined, [create(alice, by(alice, legacy), 0n)], legacyInboxId)).toBeUndefined();
    expect(refusal(undefined, [create(alice, by(alice, legacy))])).toBe('identity/legacy-signature-reuse');
  });

  it('does not look for replays', () => {
    const signature = by(alice);
    const first = applyUpdate(undefined, update([create(alice, signature)]));
    expect(first.seenSignatures.has(toHex(signature.rawBytes))).toBe(true);
    expect(refusal(undefined, [create(alice, signature)])).toBeUndefined();
  });

  it('is refused for an owner that has no inbox id', () => {
    const odd: Identifier = { kind: 'ethereum', address: '0xabc' };
    expect(refusal(undefined, [create(odd)])).toBe('identity/invalid-address');
  });
});

describe('add association', () => {
  it('inserts the member with its adder, time and chain', () => {
    const state = applyUpdate(before, update([add(bob, by(phone), by(bob, onChain(10n)))], inboxId, 77n));
    expect(state.members.get(identifierKey(bob))).toEqual({
      identifier: bob,
      addedBy: phone,
      clientTimestampNs: 77n,
      addedOnChainId: 10n,
    });
  });

  it('overwrites a member that is added again', () => {
    const state = applyUpdates(before, [update([add(bob, by(phone))]), update([add(bob, by(alice))], inboxId, 9n)]);
    expect(state.members.get(identifierKey(bob))).toMatchObject({ addedBy: alice, clientTimestampNs: 9n });
  });

  it('needs a state', () => {
    expect(refusal(undefined, [add(phone, by(alice))])).toBe('identity/not-created');
  });

  it('refuses a used signature of either side', () => {
    const existing = by(alice);
    const joining = by(laptop);
    const after = applyUpdate(before, update([add(laptop, existing, joining)]));
    expect(refusal(after, [add(bob, existing)])).toBe('identity/replay');
    expect(refusal(after, [add(laptop, by(alice), joining)])).toBe('identity/replay');
  });

  it('lets one signature serve several actions of one update', () => {
    const signature = by(alice);
    expect(refusal(before, [add(laptop, signature), add(bob, signature)])).toBeUndefined();
  });

  it('needs the signature of the new member', () => {
    expect(refusal(before, [add(laptop, by(alice), by(phone))])).toBe('identity/new-member-signature-mismatch');
  });

  it('refuses a member that adds itself', () => {
    expect(refusal(before, [add(alice, by(alice))])).toBe('identity/added-self');
  });

  it('takes legacy signatures in the inbox of the wallet with nonce 0 only', () => {
    expect(refusal(before, [add(laptop, by(alice, legacy))])).toBe('identity/legacy-signature-reuse');
    expect(refusal(legacyBefore, [add(laptop, by(alice, legacy))])).toBeUndefined();
    expect(refusal(before, [add(bob, by(alice), by(bob, legacy))])).toBe('identity/legacy-signature-reuse');
    expect(refusal(legacyBefore, [add(bob, by(alice), by(bob, legacy))])).toBeUndefined();
    // An installation that adds is not asked for its inbox.
    expect(refusal(before, [add(bob, by(phone), by(bob, legacy))])).toBeUndefined();
  });

  it('needs a signature that fits the new member', () => {
    expect(refusal(before, [add(laptop, by(alice), by(laptop, { kind: 'erc-191' }))])).toBe(
      'identity/signature-not-allowed',
    );
  });

  it('needs the chain with which the adder joined', () => {
    expect(refusal(walletBefore, [add(laptop, by(alice, onChain(8453n)))])).toBeUndefined();
    expect(refusal(walletBefore, [add(laptop, by(alice, onChain(10n)))])).toBe('identity/chain-id-mismatch');
    expect(refusal(walletBefore, [add(laptop, by(alice))])).toBe('identity/chain-id-mismatch');
    expect(refusal(before, [add(laptop, by(alice, onChain(1n)))])).toBe('identity/chain-id-mismatch');
  });

  it('needs an adder that is member or recovery identifier', () => {
    expect(refusal(before, [add(laptop, by(bob))])).toBe('identity/missing-existing-member');
    expect(refusal(bobRecovers, [add(laptop, by(bob))])).toBeUndefined();
    expect(refusal(bobRecovers, [add(laptop, by(bob, onChain(3n)))])).toBeUndefined();
  });

  it('refuses a legacy signature of a recovery identifier that is no member', () => {
    const left = applyUpdate(legacyBefore, update([revoke(alice, by(alice))], legacyInboxId));
    expect(refusal(left, [add(laptop, by(alice))])).toBeUndefined();
    expect(refusal(left, [add(laptop, by(alice, legacy))])).toBe('identity/legacy-signature-reuse');
  });

  it('needs a signature that fits the adder', () => {
    expect(refusal(withKey, [add(laptop, by(key, { kind: 'erc-191' }))])).toBe('identity/signature-not-allowed');
  });

  it('lets anyone add anyone, but installations no installations', () => {
    expect(refusal(before, [add(laptop, by(phone))])).toBe('identity/member-not-allowed');
    const third = passkey(3);
    for (const adder of [alice, key, phone]) {
      expect(refusal(withKey, [add(bob, by(adder))])).toBeUndefined();
      expect(refusal(withKey, [add(third, by(adder))])).toBeUndefined();
      if (adder.kind !== 'installation') expect(refusal(withKey, [add(laptop, by(adder))])).toBeUndefined();
    }
  });
});

describe.each([
  ['revoke association', (signature: VerifiedSignature) => revoke(phone, signature)],
  ['change recovery identifier', (signature: VerifiedSignature) => handOver(carol, signature)],
])('%s', (_, action) => {
  it('needs a state', () => {
    expect(refusal(undefined, [action(by(alice))])).toBe('identity/not-created');
  });

  it('refuses a used signature', () => {
    const signature = by(alice);
    const after = applyUpdate(before, update([add(laptop, signature)]));
    expect(refusal(after, [action(signature)])).toBe('identity/replay');
  });

  it('needs the chain of a signer that is a member', () => {
    expect(refusal(walletBefore, [action(by(alice, onChain(8453n)))])).toBeUndefined();
    expect(refusal(walletBefore, [action(by(alice, onChain(10n)))])).toBe('identity/chain-id-mismatch');
    expect(refusal(bobRecovers, [action(by(bob, onChain(10n)))])).toBeUndefined();
  });

  it('refuses a legacy signature', () => {
    expect(refusal(legacyBefore, [action(by(alice, legacy))])).toBe('identity/signature-not-allowed');
  });

  it('needs the recovery identifier', () => {
    for (const signer of [bob, phone, key]) {
      expect(refusal(withKey, [action(by(signer))])).toBe('identity/missing-existing-member');
    }
    expect(refusal(bobRecovers, [action(by(alice))])).toBe('identity/missing-existing-member');
    expect(refusal(bobRecovers, [action(by(bob))])).toBeUndefined();
  });
});

describe('effects', () => {
  it('revocation removes a member with the installations it added, one level deep', () => {
    const grown = applyUpdates(before, [
      update([add(bob, by(phone))]),
      update([add(laptop, by(bob)), add(carol, by(bob))]),
      update([add(installation(9), by(carol))]),
    ]);
    const after = applyUpdate(grown, update([revoke(bob, by(alice))]));
    expect(keysOf(after)).toEqual([alice, carol, phone, installation(9)].map(identifierKey).sort());
  });

  it('revocation of an absent member changes nothing but the signatures seen', () => {
    const after = applyUpdate(before, update([revoke(carol, by(alice))]));
    expect(after.members).toEqual(before.members);
    expect(after.seenSignatures.size).toBe(before.seenSignatures.size + 1);
  });

  it('the recovery identifier may revoke itself, and come back', () => {
    const gone = applyUpdate(before, update([revoke(alice, by(alice))]));
    expect(gone.members.size).toBe(0);
    expect(gone.recoveryIdentifier).toEqual(alice);
    expect(keysOf(applyUpdate(gone, update([add(laptop, by(alice))])))).toEqual([identifierKey(laptop)]);
  });

  it('a recovery identifier is taken as it is', () => {
    const odd: Identifier = { kind: 'ethereum', address: 'nobody' };
    expect(applyUpdate(before, update([handOver(odd, by(alice))])).recoveryIdentifier).toEqual(odd);
  });
});

describe('an update', () => {
  it('must belong to the inbox that its state belongs to', () => {
    expect(refusal(undefined, [create(alice)], legacyInboxId)).toBe('identity/wrong-inbox-id');
    expect(refusal(before, [add(bob, by(phone))], legacyInboxId)).toBe('identity/wrong-inbox-id');
  });

  it('without actions needs a state', () => {
    expect(refusal(undefined, [])).toBe('identity/not-created');
    expect(applyUpdate(before, update([]))).toEqual(before);
    expect(codeOf(() => applyUpdates(undefined, []))).toBe('identity/not-created');
  });

  it('fails as a whole and leaves the state before it alone', () => {
    const copy = structuredClone({ ...before });
    expect(refusal(before, [add(bob, by(phone)), handOver(bob, by(alice)), revoke(phone, by(alice))])).toBe(
      'identity/missing-existing-member',
    );
    expect({ ...before }).toEqual(copy);
  });
});
