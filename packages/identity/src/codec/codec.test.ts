/** Round trips and fuzz of updates and states. */
import { ConclaveError, toHex } from '@conclave/crypto';
import { AssociationStateSchema, fromBinary, IdentityUpdateSchema, toBinary } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IdentityAction } from '../actions.js';
import {
  add,
  alice,
  bob,
  encodedLogOf,
  handOver,
  key,
  oldAlice,
  phone,
  registration,
  revoke,
  safe,
} from '../actors.testkit.js';
import { applyUpdates } from '../apply-update.js';
import type { AssociationState } from '../association-state.js';
import { type Identifier, identifierKey, type MemberIdentifier } from '../identifier.js';
import { inboxIdOf } from '../inbox-id.js';
import type { Signature } from '../signatures/signature.js';
import { codeOf } from '../vectors.testkit.js';
import { verifyUpdate } from '../verify.js';
import { testContext } from '../wallet.testkit.js';
import { decodeAssociationState, encodeAssociationState } from './association-state.js';
import {
  decodeIdentityUpdate,
  encodeIdentityUpdate,
  identityUpdateFromProto,
  identityUpdateKey,
  identityUpdateToProto,
  type SignedIdentityUpdate,
} from './identity-update.js';

const bytes = fc.uint8Array({ maxLength: 70 });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });

const identifier: fc.Arbitrary<Identifier> = fc.oneof(
  fc.record({ kind: fc.constant('ethereum' as const), address: text }),
  fc.record({ kind: fc.constant('passkey' as const), publicKey: bytes }),
  fc.record({ kind: fc.constant('passkey' as const), publicKey: bytes, relyingParty: text }),
);
const member: fc.Arbitrary<MemberIdentifier> = fc.oneof(
  identifier,
  fc.record({ kind: fc.constant('installation' as const), publicKey: bytes }),
);
const signature: fc.Arbitrary<Signature> = fc.oneof(
  fc.record({ kind: fc.constant('erc-191' as const), bytes }),
  fc.record({
    kind: fc.constant('erc-1271' as const),
    accountId: fc.constant('eip155:1:0xa1'),
    blockNumber: u64,
    bytes,
  }),
  fc.record({
    kind: fc.constant('installation-key' as const),
    bytes,
    publicKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  fc.record({
    kind: fc.constant('p256' as const),
    publicKey: bytes,
    bytes,
    authenticatorData: bytes,
    clientDataJson: bytes,
  }),
  fc.record({
    kind: fc.constant('legacy-delegated' as const),
    bytes,
    delegatedKey: fc.record({
      keyBytes: bytes,
      form: fc.constantFrom('ecdsa-compact' as const, 'wallet-ecdsa-compact' as const),
      walletSignature: bytes,
      recovery: fc.nat({ max: 255 }),
    }),
  }),
);
const action: fc.Arbitrary<IdentityAction<Signature>> = fc.oneof(
  fc.record({
    kind: fc.constant('create-inbox' as const),
    owner: identifier,
    nonce: u64,
    ownerSignature: signature,
  }),
  fc.record({
    kind: fc.constant('add-association' as const),
    newMember: member,
    existingMemberSignature: signature,
    newMemberSignature: signature,
  }),
  fc.record({ kind: fc.constant('revoke-association' as const), member, recoverySignature: signature }),
  fc.record({
    kind: fc.constant('change-recovery-identifier' as const),
    newRecoveryIdentifier: identifier,
    recoverySignature: signature,
  }),
);
const update: fc.Arbitrary<SignedIdentityUpdate> = fc.record({
  inboxId: text,
  clientTimestampNs: u64,
  actions: fc.array(action, { maxLength: 4 }),
});

const memberEntry = fc.record({
  identifier: member,
  addedBy: fc.option(member, { nil: undefined }),
  clientTimestampNs: fc.option(u64, { nil: undefined }),
  addedOnChainId: fc.option(u64, { nil: undefined }),
});
const associationState: fc.Arbitrary<AssociationState> = fc.record({
  inboxId: text,
  members: fc
    .array(memberEntry, { maxLength: 4 })
    .map((members) => new Map(members.map((each) => [identifierKey(each.identifier), each]))),
  recoveryIdentifier: identifier,
  seenSignatures: fc.array(bytes, { maxLength: 4 }).map((signatures) => new Set(signatures.map(toHex))),
});

/** Runs a decoder on hostile bytes: a value or a refusal of the project, nothing else. */
function survives(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(ConclaveError);
  }
}

const inboxId = inboxIdOf(alice.identifier, 0n);
const everyKind = encodedLogOf(inboxId, [
  { kind: 'create-inbox', owner: alice.identifier, nonce: 0n, ownerSignature: oldAlice },
  add(phone, alice),
  add(bob, phone),
  add(safe, phone),
  add(key, bob),
  revoke(bob, alice),
  handOver(key, alice),
])[0] as Uint8Array;

describe('identity updates', () => {
  it('round-trip', () => {
    fc.assert(
      fc.property(update, (value) => {
        const encoded = encodeIdentityUpdate(value);
        expect(decodeIdentityUpdate(encoded)).toEqual(value);
        expect(encodeIdentityUpdate(decodeIdentityUpdate(encoded))).toEqual(encoded);
      }),
    );
  });

  it('are written as the generated code writes them', () => {
    fc.assert(
      fc.property(update, (value) => {
        expect(encodeIdentityUpdate(value)).toEqual(toBinary(IdentityUpdateSchema, identityUpdateToProto(value)));
      }),
    );
  });

  it('survive truncation at every offset, and trailing bytes', () => {
    for (let length = 0; length < everyKind.length; length++) {
      survives(() => decodeIdentityUpdate(everyKind.subarray(0, length)));
    }
    survives(() => decodeIdentityUpdate(Uint8Array.of(...everyKind, 0xff)));
    expect(codeOf(() => decodeIdentityUpdate(Uint8Array.of(...everyKind, 0xff)))).toBe('proto/malformed');
  });

  it('survive any one byte changed, also in verification and replay', () => {
    fc.assert(
      fc.property(fc.nat({ max: everyKind.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const damaged = everyKind.slice();
        damaged[at] = byte;
        survives(() => applyUpdates(undefined, [verifyUpdate(testContext, decodeIdentityUpdate(damaged))]));
      }),
      { numRuns: 120 },
    );
  });

  it('have a key that tells any two apart', () => {
    fc.assert(
      fc.property(update, update, (a, b) => {
        const same = Buffer.compare(encodeIdentityUpdate(a), encodeIdentityUpdate(b)) === 0;
        expect(identityUpdateKey(a) === identityUpdateKey(b)).toBe(same);
      }),
    );
  });

  it('cannot be read when absent', () => {
    expect(codeOf(() => identityUpdateFromProto(undefined))).toBe('identity/malformed-update');
  });
});

describe('association states', () => {
  const state = applyUpdates(
    undefined,
    encodedLogOf(
      inboxIdOf(alice.identifier),
      registration,
      [add(bob, phone), add(safe, phone), add(key, bob)],
      [handOver({ identifier: { ...key.identifier, relyingParty: 'https://example.org' } }, alice)],
    ).map((encoded) => verifyUpdate(testContext, decodeIdentityUpdate(encoded))),
  );
  const encoded = encodeAssociationState(state);

  it('round-trip', () => {
    expect(decodeAssociationState(encoded)).toEqual(state);
    expect(encodeAssociationState(decodeAssociationState(encoded))).toEqual(encoded);
  });

  it('are written as the generated code writes them', () => {
    fc.assert(
      fc.property(associationState, (value) => {
        const bytes = encodeAssociationState(value);
        expect(toBinary(AssociationStateSchema, fromBinary(AssociationStateSchema, bytes))).toEqual(bytes);
      }),
    );
    expect(toBinary(AssociationStateSchema, fromBinary(AssociationStateSchema, encoded))).toEqual(encoded);
  });

  it('are refused with one code when damaged', () => {
    for (let length = 0; length < encoded.length; length++) {
      const code = codeOf(() => decodeAssociationState(encoded.subarray(0, length)));
      expect([undefined, 'identity/malformed-state']).toContain(code);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect([undefined, 'identity/malformed-state']).toContain(codeOf(() => decodeAssociationState(bytes)));
      }),
    );
  });

  it('are refused without an inbox', () => {
    expect(codeOf(() => decodeAssociationState(new Uint8Array(0)))).toBe('identity/malformed-state');
  });
});
