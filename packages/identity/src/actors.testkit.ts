/** The people of the test stories, what they do, and the logs that come of it. */
import type { IdentityAction } from './actions.js';
import { encodeIdentityUpdate, type SignedIdentityUpdate } from './codec/identity-update.js';
import type { Identifier, MemberIdentifier } from './identifier.js';
import {
  account,
  contractWallet,
  installation,
  legacyDelegate,
  passkey,
  type Signer,
  signAll,
  testKey,
} from './wallet.testkit.js';

/** A log and the inbox that it is served for. */
export interface LogCase {
  readonly name: string;
  readonly inboxId: string;
  /** Encoded. */
  readonly updates: readonly Uint8Array[];
}

const START_NS = 1_795_250_000_000_000_000n;

export const alice = account(testKey(1));
export const bob = account(testKey(2));
export const carol = account(testKey(3));
export const phone = installation(testKey(11));
export const laptop = installation(testKey(12));
export const tablet = installation(testKey(13));
export const key = passkey(testKey(21));
export const otherKey = passkey(testKey(22), 'https://other.example');
export const safe = contractWallet('0x00000000000000000000000000000000000000a1', 8453n);
export const safeElsewhere = contractWallet('0x00000000000000000000000000000000000000a1', 10n);
export const oldAlice = legacyDelegate(testKey(1), testKey(31));
export const olderAlice = legacyDelegate(testKey(1), testKey(32));

export type Action = IdentityAction<Signer>;

export const found = (owner: Signer<Identifier>, nonce = 1n, signer: Signer = owner): Action => ({
  kind: 'create-inbox',
  owner: owner.identifier,
  nonce,
  ownerSignature: signer,
});

export const add = (newMember: Signer, existing: Signer, signer: Signer = newMember): Action => ({
  kind: 'add-association',
  newMember: newMember.identifier,
  existingMemberSignature: existing,
  newMemberSignature: signer,
});

export const revoke = (member: { identifier: MemberIdentifier }, recovery: Signer): Action => ({
  kind: 'revoke-association',
  member: member.identifier,
  recoverySignature: recovery,
});

export const handOver = (to: { identifier: Identifier }, recovery: Signer): Action => ({
  kind: 'change-recovery-identifier',
  newRecoveryIdentifier: to.identifier,
  recoverySignature: recovery,
});

/** Updates one minute apart, each signed over its own text. */
export function logOf(inboxId: string, ...actions: readonly (readonly Action[])[]): SignedIdentityUpdate[] {
  return actions.map((list, index) =>
    signAll({ inboxId, clientTimestampNs: START_NS + 60_000_000_000n * BigInt(index), actions: list }),
  );
}

/** Encoded updates of `logOf`. */
export function encodedLogOf(inboxId: string, ...actions: readonly (readonly Action[])[]): Uint8Array[] {
  return logOf(inboxId, ...actions).map(encodeIdentityUpdate);
}

/** What begins most stories: alice founds the inbox with her phone. */
export const registration: readonly Action[] = [found(alice), add(phone, alice)];
