import { encodeTls } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, checkCodec, codeOf, u16, u32, u64 } from '../codec-properties.testkit.js';
import { getCipherSuite } from '../crypto/cipher-suite.js';
import { decodeExactly } from '../errors.js';
import { createKeyPackage } from '../key-package.js';
import { createGroupContext } from '../schedule/group-context.js';
import { readCommit, writeCommit } from './commit.js';
import { decodeGroupHeader, encodeGroupHeader, type GroupHeader, noSecrets } from './group-header.js';
import { createGroupInfo, decodeGroupInfo, readGroupInfo, verifyGroupInfo } from './group-info.js';
import { type Proposal, type ProposalOrRef, readProposal, writeProposal } from './proposal.js';
import {
  createWelcome,
  type EncryptedGroupSecrets,
  openGroupInfo,
  openGroupSecrets,
  readGroupSecrets,
  readWelcome,
  writeGroupSecrets,
  writeWelcome,
} from './welcome.js';

const suite = getCipherSuite(0x0003, nodeCrypto);
const signatureKey = nodeCrypto.signaturePrivateKey(new Uint8Array(32).fill(5));
const zero = new Uint8Array(32);

function keyPackage(identity: number) {
  return createKeyPackage({
    ...{ suite, signatureKey, random: nodeCrypto.random, leafExtensions: [], extensions: [] },
    credential: { type: 1, identity: new Uint8Array([identity]) },
    capabilities: { versions: [1], cipherSuites: [3], extensions: [], proposals: [], credentials: [1] },
    lifetime: { notBefore: 0n, notAfter: 10n },
  });
}

const own = keyPackage(0);
const extensions = fc.array(fc.record({ type: u16, data: bytes }), { maxLength: 3 });
const proposal: fc.Arbitrary<Proposal> = fc.oneof(
  fc.constant<Proposal>({ type: 'add', keyPackage: own.keyPackage }),
  fc.constant<Proposal>({ type: 'update', leafNode: own.keyPackage.leafNode }),
  u32.map((leafIndex): Proposal => ({ type: 'remove', leafIndex })),
  bytes.map((pskId): Proposal => ({ type: 'psk', psk: { type: 'external', pskId, nonce: pskId } })),
  fc.record({ type: fc.constant('reinit' as const), groupId: bytes, version: u16, suite: u16, extensions }),
  bytes.map((kemOutput): Proposal => ({ type: 'external-init', kemOutput })),
  extensions.map((list): Proposal => ({ type: 'group-context-extensions', extensions: list })),
);
const hpkeCiphertext = fc.record({ kemOutput: bytes, ciphertext: bytes });

describe('codecs of the group', () => {
  it('Proposal', () => checkCodec(proposal, writeProposal, readProposal));

  it('keeps the extensions of a received proposal as they were encoded', () => {
    const sent: Proposal = { type: 'group-context-extensions', extensions: [{ type: 7, data: zero }] };
    const received = decodeExactly('Proposal', encodeTls(sent, writeProposal), readProposal);
    expect(received).toEqual({ ...sent, rawExtensions: encodeTls(sent, writeProposal).subarray(2) });
  });

  it('an unknown proposal type is named', () => {
    const unknown = encodeTls(0x0008, (writer, type) => writer.u16(type).raw(zero));
    expect(codeOf(() => decodeExactly('Proposal', unknown, readProposal))).toBe('mls/unsupported-message');
  });

  it('Commit', () => {
    const item: fc.Arbitrary<ProposalOrRef> = fc.oneof(
      proposal.map((value) => ({ type: 'proposal', proposal: value }) as const),
      bytes.map((reference) => ({ type: 'reference', reference }) as const),
    );
    const path = { leafNode: own.keyPackage.leafNode, nodes: [] };
    const commit = fc
      .tuple(fc.array(item, { maxLength: 3 }), fc.boolean())
      .map(([proposals, withPath]) => (withPath ? { proposals, path } : { proposals }));
    checkCodec(commit, writeCommit, readCommit);
  });

  it('Welcome and GroupSecrets', () => {
    const entry = fc.record({ newMember: bytes, encryptedGroupSecrets: hpkeCiphertext });
    const welcome = fc.record({ suite: u16, secrets: fc.array(entry, { maxLength: 2 }), encryptedGroupInfo: bytes });
    checkCodec(welcome, writeWelcome, (reader) => {
      const read = readWelcome(reader);
      return { ...read, secrets: [...read.secrets] };
    });
    const psks = fc.array(
      bytes.map((pskId) => ({ type: 'external', pskId, nonce: pskId }) as const),
      { maxLength: 2 },
    );
    const secrets = fc
      .tuple(bytes, fc.option(bytes, { nil: undefined }), psks)
      .map(([joinerSecret, pathSecret, list]) =>
        pathSecret === undefined ? { joinerSecret, psks: list } : { joinerSecret, pathSecret, psks: list },
      );
    checkCodec(secrets, writeGroupSecrets, readGroupSecrets);
  });

  const context = createGroupContext({
    ...{ suite: 3, groupId: zero, epoch: 2n, treeHash: zero, confirmedTranscriptHash: zero },
    extensions: [{ type: 9, data: zero }],
  });

  it('GroupInfo, signed over everything before the signature', () => {
    const info = createGroupInfo(signatureKey, {
      ...{ groupContext: context, extensions: [{ type: 2, data: zero }], confirmationTag: zero, signer: 3 },
    });
    checkCodec(fc.constant(info), (writer, { raw }) => writer.raw(raw), readGroupInfo);
    expect(decodeGroupInfo(info.raw)).toEqual(info);
    const key = nodeCrypto.signaturePublicKey(signatureKey.publicKey);
    expect(verifyGroupInfo(key, info)).toBe(true);
    for (let at = 0; at < info.rawTbs.length; at += 5) {
      const rawTbs = info.rawTbs.slice();
      rawTbs[at] = (rawTbs[at] as number) ^ 1;
      expect(verifyGroupInfo(key, { ...info, rawTbs })).toBe(false);
    }
  });

  it('a Welcome opens for each joiner, with its own path secret, and for nobody else', () => {
    const groupInfo = createGroupInfo(signatureKey, {
      ...{ groupContext: context, extensions: [], confirmationTag: zero, signer: 0 },
    });
    const joiners = [1, 2, 3].map(keyPackage);
    const joinerSecret = new Uint8Array(32).fill(9);
    const welcome = createWelcome({
      ...{ suite, groupInfo, joinerSecret, pskSecret: zero, psks: [], random: nodeCrypto.random },
      joiners: joiners.map((joiner) => joiner.keyPackage),
      pathSecretOf: (position) => (position === 1 ? undefined : new Uint8Array(32).fill(position)),
    });
    for (const [position, joiner] of joiners.entries()) {
      const entry = welcome.secrets.at(position) as EncryptedGroupSecrets;
      const opened = openGroupSecrets(suite, welcome, entry, joiner.initPrivateKey);
      expect(opened.joinerSecret).toEqual(joinerSecret);
      expect(opened.pathSecret?.[0]).toBe(position === 1 ? undefined : position);
      expect(openGroupInfo(suite, welcome, joinerSecret, zero)).toEqual(groupInfo);
      expect(codeOf(() => openGroupSecrets(suite, welcome, entry, own.initPrivateKey))).toBe('mls/decryption-failed');
      // The encrypted GroupInfo is the context of the encryption.
      const other = { ...welcome, encryptedGroupInfo: zero };
      expect(codeOf(() => openGroupSecrets(suite, other, entry, joiner.initPrivateKey))).toBe('mls/decryption-failed');
    }
    expect(codeOf(() => openGroupInfo(suite, welcome, zero, zero))).toBe('mls/decryption-failed');
    expect(codeOf(() => openGroupInfo(suite, welcome, joinerSecret, joinerSecret))).toBe('mls/decryption-failed');
  });
});

describe('GroupHeader', () => {
  const anyHeader: fc.Arbitrary<GroupHeader> = fc.record({
    suite: u16,
    groupId: bytes,
    epoch: u64,
    ownLeafIndex: u32,
    status: fc.constantFrom('active' as const, 'removed' as const, 'reinitialized' as const),
    leafCount: fc.integer({ min: 0, max: 20 }).map((depth) => 2 ** depth),
    treeHash: bytes,
    confirmedTranscriptHash: bytes,
    extensionsEpoch: u64,
    interimTranscriptHash: bytes,
    confirmationTag: bytes,
    secrets: bytes.map((value) => ({ ...noSecrets(), initSecret: value, senderDataSecret: value })),
  });
  const isInTree = ({ status, ownLeafIndex, leafCount }: GroupHeader) =>
    status === 'removed' || ownLeafIndex < leafCount;
  const header = anyHeader.map((value) =>
    isInTree(value) ? value : { ...value, ownLeafIndex: value.ownLeafIndex % value.leafCount },
  );

  it('names no leaf outside the tree as ours, unless we were removed', () => {
    fc.assert(
      fc.property(anyHeader, (value) => {
        const row = encodeGroupHeader(value);
        if (isInTree(value)) expect(decodeGroupHeader(row)).toEqual(value);
        else expect(codeOf(() => decodeGroupHeader(row))).toBe('mls/corrupt-rows');
      }),
    );
  });

  it('survives storage, and damage is named', () => {
    fc.assert(
      fc.property(header, (value) => {
        const row = encodeGroupHeader(value);
        expect(decodeGroupHeader(row)).toEqual(value);
        for (let length = 0; length < row.length; length++) {
          expect(codeOf(() => decodeGroupHeader(row.subarray(0, length)))).toBe('mls/corrupt-rows');
        }
      }),
      { numRuns: 30 },
    );
  });
});
