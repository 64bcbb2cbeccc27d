/** Updates that the real client published: built again from their parts, verified, and replayed as one log. */
import { toHex, utf8 } from '@conclave/crypto';
import { nobleCrypto } from '@conclave/crypto/noble';
import {
  create,
  decodeProto,
  PublishIdentityUpdateRequestSchema,
  SignatureSchema,
  toBinary,
  VerifySmartContractWalletSignaturesRequestSchema,
} from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { signaturesOfUpdate } from './actions.js';
import {
  addAssociationUpdate,
  changeRecoveryUpdate,
  type PendingIdentityUpdate,
  registrationUpdate,
  revokeUpdate,
} from './build.js';
import { identityUpdateFromProto, identityUpdateToProto, type SignedIdentityUpdate } from './codec/identity-update.js';
import { signatureToProto } from './codec/signature.js';
import { ethereumIdentifier, installationIdentifier } from './identifier.js';
import { inboxIdOf } from './inbox-id.js';
import { replayInboxLog } from './replay.js';
import { attachSignature, missingSigners, signatureRequest, signedUpdate } from './signature-request.js';
import { signatureText } from './signature-text.js';
import { contractWalletQuery } from './signatures/contract-wallet.js';
import { eip191Digest } from './signatures/eip191.js';
import type { Signature } from './signatures/signature.js';
import { identifiersOf, installationsOf } from './state-view.js';
import { bytesOf, codeOf, readVector } from './vectors.testkit.js';
import { verifyUpdate } from './verify.js';
import { account, testContext } from './wallet.testkit.js';

type Vector = Readonly<Record<string, string>> & { readonly body: readonly string[] };

const gv2 = readVector<Vector>('gv02-registration.json');
const gv3 = readVector<Vector>('gv03-link-account.json');
const gv4 = readVector<Vector>('gv04-change-recovery.json');
const gv5 = readVector<Vector>('gv05-revoke-installation.json');
const gv6 = readVector<Vector>('gv06-contract-wallet.json');

const phone = installationIdentifier(bytesOf(gv2.installation as string));

function published(vector: Vector): SignedIdentityUpdate {
  const request = decodeProto(
    PublishIdentityUpdateRequestSchema,
    bytesOf(vector.publishIdentityUpdateRequest as string),
  );
  return identityUpdateFromProto(request.identityUpdate);
}

function encodeRequest(update: SignedIdentityUpdate): string {
  const identityUpdate = identityUpdateToProto(update);
  return toHex(
    toBinary(PublishIdentityUpdateRequestSchema, create(PublishIdentityUpdateRequestSchema, { identityUpdate })),
  );
}

/** The installation's signature cannot be made again without its key; it is taken from the recording. */
function installationSignature(vector: Vector): Signature {
  const found = signaturesOfUpdate(published(vector)).find(({ kind }) => kind === 'installation-key');
  if (found === undefined) throw new TypeError('no installation signature in the vector');
  return found;
}

/** Signs with accounts of known keys and with what the recording holds, and gives the request's bytes. */
function sign(update: PendingIdentityUpdate, keys: readonly string[], recorded: readonly Signature[] = []): string {
  let request = signatureRequest(update);
  for (const key of keys) request = attachSignature(testContext, request, account(bytesOf(key)).sign(request.text));
  for (const signature of recorded) request = attachSignature(testContext, request, signature);
  expect(missingSigners(request)).toEqual([]);
  return encodeRequest(signedUpdate(request));
}

describe('registration', () => {
  const update = registrationUpdate({
    owner: ethereumIdentifier(gv2.owner as string),
    nonce: BigInt(gv2.nonce as string),
    installation: phone,
    clientTimestampNs: BigInt(gv2.clientTimestampNs as string),
  });

  it('has the recorded text and digests', () => {
    const text = signatureText(update);
    expect(text).toBe(gv2.text);
    expect(toHex(nobleCrypto.hash('sha256', utf8(text)))).toBe(gv2.textSha256);
    expect(toHex(nobleCrypto.hash('sha512', utf8(text)))).toBe(gv2.textSha512);
    expect(toHex(eip191Digest(text))).toBe(gv2.eip191Digest);
  });

  it('is built to the byte', () => {
    expect(sign(update, [gv2.ownerPrivateKey as string], [installationSignature(gv2)])).toBe(
      gv2.publishIdentityUpdateRequest,
    );
  });
});

describe('later updates', () => {
  it('link an account to the byte', () => {
    const update = addAssociationUpdate({
      inboxId: gv3.inboxId as string,
      newMember: ethereumIdentifier(gv3.newMember as string),
      existingMember: phone,
      clientTimestampNs: published(gv3).clientTimestampNs,
    });
    expect(sign(update, [gv3.newMemberPrivateKey as string], [installationSignature(gv3)])).toBe(
      gv3.publishIdentityUpdateRequest,
    );
  });

  it('change the recovery identifier to the byte', () => {
    const update = changeRecoveryUpdate({
      inboxId: gv4.inboxId as string,
      newRecoveryIdentifier: ethereumIdentifier(gv4.newRecovery as string),
      recoveryIdentifier: ethereumIdentifier(gv4.recovery as string),
      clientTimestampNs: published(gv4).clientTimestampNs,
    });
    expect(sign(update, [gv4.recoveryPrivateKey as string])).toBe(gv4.publishIdentityUpdateRequest);
  });

  it('revoke an installation to the byte', () => {
    const update = revokeUpdate({
      inboxId: gv5.inboxId as string,
      members: [installationIdentifier(bytesOf(gv5.installation as string))],
      recoveryIdentifier: ethereumIdentifier(gv5.recovery as string),
      clientTimestampNs: published(gv5).clientTimestampNs,
    });
    expect(sign(update, [gv5.recoveryPrivateKey as string])).toBe(gv5.publishIdentityUpdateRequest);
    expect(codeOf(() => sign(update, [gv5.formerRecoveryPrivateKey as string]))).toBe('identity/unknown-signer');
  });

  it.each([gv3, gv4, gv5])('have the recorded body and time', (vector) => {
    const lines = signatureText(published(vector)).split('\n');
    expect(lines[3]).toBe(`Current time: ${vector.time}`);
    expect(lines.slice(5, 7)).toEqual(vector.body);
  });

  it.each([gv2, gv3, gv4, gv5])('encode as they were decoded', (vector) => {
    expect(encodeRequest(published(vector))).toBe(vector.publishIdentityUpdateRequest);
  });
});

describe('the recorded log', () => {
  const entries = [gv2, gv3, gv4, gv5].map((vector, index) => ({
    sequenceId: BigInt(index + 1),
    update: verifyUpdate(testContext, published(vector)),
  }));

  it('replays to the members of that inbox', () => {
    const { state } = replayInboxLog(gv2.inboxId as string, entries);
    // The creator has no timestamp and comes last.
    expect(identifiersOf(state)).toEqual([
      ethereumIdentifier(gv3.newMember as string),
      ethereumIdentifier(gv2.owner as string),
    ]);
    expect(installationsOf(state)).toEqual([
      { publicKey: phone.publicKey, clientTimestampNs: BigInt(gv2.clientTimestampNs as string) },
    ]);
    expect(state.recoveryIdentifier).toEqual(ethereumIdentifier(gv4.newRecovery as string));
  });
});

describe('a contract wallet', () => {
  const owner = ethereumIdentifier(gv6.owner as string);
  const update = registrationUpdate({
    owner,
    nonce: BigInt(gv6.nonce as string),
    installation: installationIdentifier(bytesOf(gv6.installation as string)),
    clientTimestampNs: BigInt(Date.parse(gv6.time as string)) * 1_000_000n,
  });

  it('is asked about the recorded digest', () => {
    expect(inboxIdOf(owner, 1n)).toBe(gv6.inboxId);
    const { accountId, digest, signature } = contractWalletQuery(
      signatureText(update),
      gv6.accountId as string,
      bytesOf(gv6.signature as string),
    );
    expect(toHex(digest)).toBe(gv6.eip191Digest);
    const request = create(VerifySmartContractWalletSignaturesRequestSchema, {
      signatures: [{ accountId, signature, hash: digest }],
    });
    expect(toHex(toBinary(VerifySmartContractWalletSignaturesRequestSchema, request))).toBe(
      gv6.verifySmartContractWalletSignaturesRequest,
    );
  });

  it('signs with the recorded message', () => {
    const signature = signatureToProto({
      kind: 'erc-1271',
      accountId: gv6.accountId as string,
      blockNumber: BigInt(gv6.answeredBlockNumber as string),
      bytes: bytesOf(gv6.signature as string),
    });
    expect(toHex(toBinary(SignatureSchema, signature))).toBe(gv6.signatureMessage);
  });
});
