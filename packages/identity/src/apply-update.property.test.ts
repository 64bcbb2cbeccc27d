/** Random histories: whatever is tried, the state keeps its invariants and a replay in pieces gives the same state. */
import { toHex } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IdentityAction, signaturesOfUpdate } from './actions.js';
import { applyUpdate, applyUpdates } from './apply-update.js';
import type { AssociationState } from './association-state.js';
import { decodeAssociationState, encodeAssociationState } from './codec/association-state.js';
import { IdentityError } from './errors.js';
import { type Identifier, identifierKey, type MemberIdentifier } from './identifier.js';
import { inboxIdOf } from './inbox-id.js';
import type { SignatureKind, VerifiedSignature } from './signatures/signature.js';
import { diffStates, isMember, membersOf } from './state-view.js';
import type { VerifiedIdentityUpdate } from './verify.js';

const owners: readonly Identifier[] = [
  { kind: 'ethereum', address: `0x${'a'.repeat(40)}` },
  { kind: 'ethereum', address: `0x${'b'.repeat(40)}` },
  { kind: 'passkey', publicKey: new Uint8Array(33).fill(2) },
];
const people: readonly MemberIdentifier[] = [
  ...owners,
  ...[1, 2, 3].map((byte): MemberIdentifier => ({ kind: 'installation', publicKey: new Uint8Array(32).fill(byte) })),
];
const founder = owners[0] as Identifier;
const inboxId = inboxIdOf(founder, 0n);

const fitting: Record<MemberIdentifier['kind'], readonly SignatureKind[]> = {
  ethereum: [...Array<SignatureKind>(8).fill('erc-191'), 'erc-1271', 'legacy-delegated'],
  passkey: ['p256'],
  installation: ['installation-key'],
};

const signature: fc.Arbitrary<VerifiedSignature> = fc
  .record({
    signer: fc.constantFrom(founder, founder, founder, ...people),
    choice: fc.nat(),
    serial: fc.nat({ max: 100_000 }),
    chain: fc.nat({ max: 1 }),
  })
  .map(({ signer, choice, serial, chain }) => {
    const kinds = fitting[signer.kind];
    const kind = kinds[choice % kinds.length] as SignatureKind;
    const rawBytes = new TextEncoder().encode(`${identifierKey(signer)} ${serial}`);
    return { signer, kind, rawBytes, chainId: kind === 'erc-1271' ? BigInt(chain) : undefined };
  });

type Action = IdentityAction<VerifiedSignature>;

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ existing: signature, joining: signature }).map(
      ({ existing, joining }): Action => ({
        kind: 'add-association',
        newMember: joining.signer,
        existingMemberSignature: existing,
        newMemberSignature: joining,
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('revoke-association' as const),
      member: fc.constantFrom(...people),
      recoverySignature: signature,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('change-recovery-identifier' as const),
      newRecoveryIdentifier: fc.constantFrom(...owners),
      recoverySignature: signature,
    }),
  },
);

const attempts = fc.array(fc.array(action, { minLength: 1, maxLength: 2 }), {
  minLength: 20,
  maxLength: 60,
  size: 'max',
});

function founding(): VerifiedIdentityUpdate {
  const ownerSignature: VerifiedSignature = {
    signer: founder,
    kind: 'erc-191',
    rawBytes: Uint8Array.of(0),
    chainId: undefined,
  };
  return {
    inboxId,
    clientTimestampNs: 0n,
    actions: [{ kind: 'create-inbox', owner: founder, nonce: 0n, ownerSignature }],
  };
}

function checkInvariants(state: AssociationState, update: VerifiedIdentityUpdate, previous: AssociationState): void {
  expect(state.inboxId).toBe(inboxId);
  for (const [key, member] of state.members) {
    expect(identifierKey(member.identifier)).toBe(key);
    // Never was an installation let in by another.
    expect(member.identifier.kind === 'installation' && member.addedBy?.kind === 'installation').toBe(false);
  }
  for (const seen of previous.seenSignatures) expect(state.seenSignatures.has(seen)).toBe(true);
  for (const { rawBytes } of signaturesOfUpdate(update)) {
    expect(state.seenSignatures.has(toHex(rawBytes))).toBe(true);
    expect(previous.seenSignatures.has(toHex(rawBytes))).toBe(false);
  }
  const { newMembers, removedMembers } = diffStates(previous, state);
  expect(newMembers.every((member) => isMember(state, member) && !isMember(previous, member))).toBe(true);
  expect(removedMembers.every((member) => !isMember(state, member) && isMember(previous, member))).toBe(true);
  expect(state.members.size).toBe(previous.members.size + newMembers.length - removedMembers.length);
  expect(membersOf(state).length).toBe(state.members.size);
}

/** The updates of a random history that are accepted, and the states between them. */
function runHistory(history: readonly (readonly Action[])[]) {
  const accepted = [founding()];
  const states = [applyUpdates(undefined, accepted)];
  history.forEach((actions, index) => {
    const update = { inboxId, clientTimestampNs: BigInt(index + 1), actions };
    const previous = states.at(-1) as AssociationState;
    try {
      const next = applyUpdate(previous, update);
      checkInvariants(next, update, previous);
      accepted.push(update);
      states.push(next);
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
    }
  });
  return { accepted, states };
}

describe('random histories', () => {
  it('keep the invariants', () => {
    let acceptedTotal = 0;
    fc.assert(
      fc.property(attempts, (history) => {
        acceptedTotal += runHistory(history).accepted.length - 1;
      }),
      { numRuns: 100 },
    );
    // The test would be worth nothing if every action were refused.
    expect(acceptedTotal).toBeGreaterThan(300);
  });

  it('give the same state in one piece, in two, and through the cache', () => {
    fc.assert(
      fc.property(attempts, fc.nat(), (history, cut) => {
        const { accepted, states } = runHistory(history);
        const at = cut % accepted.length;
        const cached = decodeAssociationState(encodeAssociationState(states[at] as AssociationState));
        expect(cached).toEqual(states[at]);
        expect(applyUpdates(undefined, accepted)).toEqual(states.at(-1));
        expect(applyUpdates(cached, accepted.slice(at + 1))).toEqual(states.at(-1));
      }),
      { numRuns: 40 },
    );
  });
});
