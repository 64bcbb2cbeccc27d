import { describe, expect, it } from 'vitest';
import { alice, bob, key, laptop, phone, safe } from './actors.testkit.js';
import { applyUpdate } from './apply-update.js';
import { addAssociationUpdate, changeRecoveryUpdate, registrationUpdate, revokeUpdate } from './build.js';
import { decodeIdentityUpdate, encodeIdentityUpdate } from './codec/identity-update.js';
import { inboxIdOf } from './inbox-id.js';
import {
  attachSignature,
  missingSigners,
  type SignatureRequest,
  signatureRequest,
  signedUpdate,
} from './signature-request.js';
import { codeOf } from './vectors.testkit.js';
import { verifyUpdate } from './verify.js';
import { type Signer, testContext } from './wallet.testkit.js';

const inboxId = inboxIdOf(alice.identifier);
let clock = 1_700_000_000_000_000_000n;
const tick = () => {
  clock += 1_000_000_000n;
  return clock;
};

function attach(request: SignatureRequest, ...signers: readonly Signer[]): SignatureRequest {
  return signers.reduce((current, signer) => attachSignature(testContext, current, signer.sign(request.text)), request);
}

function registration(owner: typeof alice | typeof key | typeof safe = alice): SignatureRequest {
  return signatureRequest(
    registrationUpdate({ owner: owner.identifier, installation: phone.identifier, clientTimestampNs: tick() }),
  );
}

describe('a signature request', () => {
  it.each([alice, key, safe])('is filled by each signer once', (owner) => {
    const request = registration(owner);
    expect(missingSigners(request)).toEqual([owner.identifier, phone.identifier]);
    const half = attach(request, phone);
    expect(missingSigners(half)).toEqual([owner.identifier]);
    expect(missingSigners(request)).toHaveLength(2);
    const update = signedUpdate(attach(half, owner));
    const state = applyUpdate(undefined, verifyUpdate(testContext, decodeIdentityUpdate(encodeIdentityUpdate(update))));
    expect(state.members.size).toBe(2);
  });

  it('refuses a stranger, a second signature, and a signature over another text', () => {
    const request = registration();
    expect(codeOf(() => attach(request, bob))).toBe('identity/unknown-signer');
    expect(codeOf(() => attach(request, alice, alice))).toBe('identity/unknown-signer');
    const overAnother = alice.sign(registration().text);
    expect(codeOf(() => attachSignature(testContext, request, overAnother))).toBe('identity/unknown-signer');
    const notByPhone = phone.sign('another text');
    expect(codeOf(() => attachSignature(testContext, request, notByPhone))).toBe('identity/invalid-signature');
  });

  it('is not an update before all have signed', () => {
    expect(codeOf(() => signedUpdate(registration()))).toBe('identity/missing-signature');
    expect(codeOf(() => signedUpdate(attach(registration(), alice)))).toBe('identity/missing-signature');
  });

  it('builds every kind of update', () => {
    const recovery = { inboxId, recoveryIdentifier: alice.identifier };
    const requests: [Parameters<typeof signatureRequest>[0], Signer[]][] = [
      [
        registrationUpdate({ owner: alice.identifier, installation: phone.identifier, clientTimestampNs: tick() }),
        [alice, phone],
      ],
      [
        addAssociationUpdate({
          inboxId,
          newMember: bob.identifier,
          existingMember: phone.identifier,
          clientTimestampNs: tick(),
        }),
        [bob, phone],
      ],
      [
        addAssociationUpdate({
          inboxId,
          newMember: laptop.identifier,
          existingMember: bob.identifier,
          clientTimestampNs: tick(),
        }),
        [bob, laptop],
      ],
      [
        changeRecoveryUpdate({ ...recovery, newRecoveryIdentifier: bob.identifier, clientTimestampNs: tick() }),
        [alice],
      ],
      [
        revokeUpdate({
          inboxId,
          members: [phone.identifier, laptop.identifier],
          recoveryIdentifier: bob.identifier,
          clientTimestampNs: tick(),
        }),
        [bob],
      ],
    ];
    const state = requests.reduce(
      (current, [update, signers]) =>
        applyUpdate(current, verifyUpdate(testContext, signedUpdate(attach(signatureRequest(update), ...signers)))),
      undefined as Parameters<typeof applyUpdate>[0],
    );
    expect([...(state?.members.values() ?? [])].map(({ identifier }) => identifier)).toEqual([
      alice.identifier,
      bob.identifier,
    ]);
    expect(state?.recoveryIdentifier).toEqual(bob.identifier);
  });
});
