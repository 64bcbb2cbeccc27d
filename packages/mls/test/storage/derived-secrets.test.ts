/**
 * Every secret that a call derives, draws or decrypts is overwritten when the call ends, whether it succeeds or refuses; what is left belongs
 * to the group, or to who was given it. Told by the labels of the standard, under which secrets are derived.
 */
import { utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { sealPublicMessage } from '../../src/framing/public-message.js';
import { createGroupInfo, type GroupInfo } from '../../src/group/group-info.js';
import {
  createWelcome,
  type EncryptedGroupSecrets,
  encodeWelcomeMessage,
  openGroupInfo,
  openGroupSecrets,
} from '../../src/group/welcome.js';
import {
  type BranchParams,
  type CreateCommitParams,
  MlsGroup,
  type OwnKeyPackage,
  type PreSharedKeyId,
  type Proposal,
  RFC_POLICY,
} from '../../src/index.js';
import { noPskSecret } from '../../src/schedule/psk.js';
import { stateOf } from '../rules/rogue.testkit.js';
import { CAPABILITIES, change, LIFETIME, Member, nameExtension, refusal } from '../scenario/members.testkit.js';
import { leftBy, suite, WatchedMember } from './seen-secrets.testkit.js';

/** The same commit with a confirmation tag that is not the one of its epoch. */
function withOtherTag(inGroup: Member, bytes: Uint8Array): Uint8Array {
  const received = decodeMlsMessage(bytes);
  if (received.wireFormat !== 1) throw new TypeError('no PublicMessage');
  const { header, context } = stateOf(inGroup);
  const message = { ...received.publicMessage.message, confirmationTag: new Uint8Array(32) };
  return sealPublicMessage(suite, message, header.secrets.membershipKey, context.raw);
}

/** Those of section 8 that a member keeps for the length of an epoch, and the root of the secret tree. */
const EPOCH = [
  ...['authentication', 'encryption', 'exporter', 'external', 'init', 'membership', 'resumption', 'sender data'],
];
const epochAnd = (...others: string[]): string[] => [...EPOCH, ...others].sort();

const PSK = utf8('a secret of everybody');
const config = { psk: () => PSK, policy: RFC_POLICY, handshake: 'public', acceptOutsiders: true } as const;

function group(count: number): WatchedMember[] {
  const alice = new WatchedMember('alice', config, suite).create();
  const others = Array.from({ length: count - 1 }, (_, i) => new WatchedMember(`m${i}`, config, suite));
  change(alice, [], [], others);
  return [alice, ...others];
}

function create(extensions = [nameExtension('')]): MlsGroup {
  const { signatureKey, random } = new WatchedMember('carol', config, suite);
  return MlsGroup.create({
    ...{ suite, groupId: utf8('x'), extensions, signatureKey, random, config },
    leaf: {
      credential: { type: 1, identity: utf8('carol') },
      capabilities: CAPABILITIES,
      extensions: [],
      lifetime: LIFETIME,
    },
  });
}

const external = (id: string): Proposal => ({
  type: 'psk',
  psk: { type: 'external', pskId: utf8(id), nonce: new Uint8Array(32) },
});

describe('secrets of a call', () => {
  it('creating a group', () => {
    // The leaf's private key, and its copy for the rows.
    expect(leftBy(() => create())).toEqual(epochAnd('random', 'random'));
    const refused = () => expect(refusal(() => create([{ type: 0xabcd, data: PSK }]))).toContain('mls/validation');
    expect(leftBy(refused)).toEqual([]);
  });

  it('making a commit: with a path, with a key, with newcomers', () => {
    const [alice] = group(4) as [WatchedMember];
    const carol = new WatchedMember('carol', config, suite).keyPackage();
    const proposals: Proposal[] = [external('a'), { type: 'add', keyPackage: carol.keyPackage }];
    const commit = (params: Partial<CreateCommitParams>) => leftBy(() => alice.commit(proposals, params));
    // The private keys of the path: drawn for the leaf, derived for its parents.
    expect(commit({ forcePath: true })).toEqual(epochAnd('random', 'sk', 'sk', 'sk'));
    expect(commit({})).toEqual(epochAnd());
  });

  it('making a commit that is refused', () => {
    const [alice, bob] = group(4) as [WatchedMember, WatchedMember];
    const refused = (proposals: readonly Proposal[], params: Partial<CreateCommitParams> = {}) =>
      leftBy(() => expect(refusal(() => alice.commit(proposals, params))).toContain('mls/validation'));
    const bobAgain: Proposal = { type: 'add', keyPackage: bob.keyPackage().keyPackage };
    expect(refused([external('a'), bobAgain])).toEqual([]);
    // The path is made before its leaf is judged.
    const leaf = { extensions: [{ type: 0xabcd, data: PSK }] };
    expect(refused([external('a')], { leaf })).toEqual([]);
  });

  it('processing a commit', () => {
    const [alice, bob] = group(4) as [WatchedMember, WatchedMember];
    const { message } = alice.commit([external('a')], { forcePath: true });
    expect(leftBy(() => bob.stage(message))).toEqual(epochAnd('sk', 'sk'));
    const withoutPath = alice.commit([external('a')]);
    expect(leftBy(() => bob.stage(withoutPath.message))).toEqual(epochAnd());
  });

  it.each<[string, readonly Proposal[]]>([
    ['by its tag', []],
    ['by its tag, with a key', [external('a')]],
    ['by a key that is not known', [external('a'), external('unknown')]],
  ])('processing a commit that is refused: %s', (_, proposals) => {
    const [alice] = group(1) as [WatchedMember];
    const psk = (id: PreSharedKeyId) => (id.type === 'external' && id.pskId.length === 1 ? PSK : undefined);
    const bob = new WatchedMember('bob', { ...config, psk }, suite);
    change(alice, [], [], [bob]);
    const message = withOtherTag(alice, alice.commit(proposals, { forcePath: true }).message);
    expect(leftBy(() => expect(refusal(() => bob.receive(message))).toContain('mls/validation'))).toEqual([]);
    // Our own keys are not among what was overwritten.
    change(alice, [bob], []);
  });

  it('sending a message and reading it, late and at once', () => {
    const [alice, bob] = group(2) as [WatchedMember, WatchedMember];
    const exchange = (from: Member, to: Member) => to.read(from.send('first'));
    exchange(alice, bob);
    // What a reader makes of a message is no secret of the engine's. The ratchets stand at their next secret.
    const left = (step: () => unknown) => leftBy(step).filter((label) => label !== 'plaintext');
    expect(left(() => exchange(alice, bob))).toEqual(['secret', 'secret']);
    const late = alice.send('late');
    const next = alice.send('next');
    expect(left(() => bob.read(next))).toEqual(['key', 'nonce', 'secret']);
    expect(left(() => bob.read(late))).toEqual([]);
    const forged = alice.send('x');
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    expect(left(() => expect(refusal(() => bob.read(forged))).toBe('mls/decryption-failed'))).toEqual([]);
  });

  it('sending a message whose padding fails', () => {
    const paddingSize = () => {
      throw new RangeError('no padding today');
    };
    const alice = new WatchedMember('alice', { ...config, paddingSize }, suite).create();
    // The ratchets have been taken out of the tree, and the key is spent.
    expect(leftBy(() => expect(() => alice.send('x')).toThrow(RangeError))).toEqual(['handshake', 'secret']);
  });

  it('an update that is proposed, and one that is refused', () => {
    const [alice] = group(2) as [WatchedMember];
    const propose = (data: Uint8Array) =>
      alice.group.proposeUpdate({ leaf: { extensions: [{ type: 0xabcd, data }] }, random: alice.random });
    expect(leftBy(() => expect(refusal(() => propose(PSK))).toContain('mls/validation'))).toEqual([]);
    expect(leftBy(() => alice.group.proposeUpdate({ random: alice.random }))).toEqual(['random']);
  });

  it('joining by a commit, taking it in, and both when they are refused', () => {
    const [alice] = group(2) as [WatchedMember];
    const dave = new WatchedMember('dave', config, suite);
    const groupInfo = alice.group.exportGroupInfo({
      withRatchetTree: true,
      withExternalPub: true,
      random: alice.random,
    });
    const join = (pskIds: readonly string[], capabilities = CAPABILITIES) =>
      MlsGroup.joinByExternalCommit({
        ...{ suite, groupInfo, signatureKey: dave.signatureKey, random: dave.random },
        psks: pskIds.map((id) => (external(id) as Extract<Proposal, { type: 'psk' }>).psk),
        leaf: { credential: { type: 1, identity: utf8('dave') }, capabilities, extensions: [] },
        config: { ...config, psk: ({ type }) => (type === 'external' ? PSK : undefined) },
      });
    let message = new Uint8Array(0);
    const joined = leftBy(() => {
      message = join(['a']).message.slice();
    });
    // Of the leaf and its parent, with their copies for the rows.
    expect(joined).toEqual(epochAnd('random', 'random', 'sk', 'sk'));
    expect(leftBy(() => alice.stage(message))).toEqual(epochAnd('sk'));
    const refused = { ...CAPABILITIES, extensions: [] };
    expect(leftBy(() => expect(refusal(() => join(['a'], refused))).toContain('mls/validation'))).toEqual([]);
    expect(leftBy(() => expect(refusal(() => alice.receive(withOtherTag(alice, message)))).toContain('mls/'))).toEqual(
      [],
    );
  });
});

describe('secrets of a group that is founded', () => {
  const [alice, bob] = group(2) as [WatchedMember, WatchedMember];
  const found = (keyPackages: readonly OwnKeyPackage[], params: Partial<BranchParams> = {}) =>
    alice.group.foundBranch({
      ...{ suite, signatureKey: alice.signatureKey, random: alice.random, config, groupId: utf8('a branch') },
      keyPackages: keyPackages.map(({ keyPackage }) => keyPackage),
      leaf: {
        credential: { type: 1, identity: utf8('alice') },
        capabilities: CAPABILITIES,
        extensions: [],
        lifetime: LIFETIME,
      },
      ...params,
    });

  it('to follow another', () => {
    const own = bob.keyPackage();
    // The leaf's private key and its copy for the rows, the nonce, and what an epoch that is over leaves behind.
    const left = epochAnd('random', 'random', 'random', 'authentication', 'encryption', 'sender data');
    expect(leftBy(() => found([own]))).toEqual(left);
  });

  it.each<[string, string, readonly OwnKeyPackage[], Partial<BranchParams>]>([
    ['for who is in it', 'branch-members', [new Member('stranger', config, suite).keyPackage()], {}],
    ['for a key package', 'leaf-lifetime', [bob.keyPackage()], { nowSeconds: 0n }],
    ['for its commit', 'unique-signature-key', [bob.keyPackage(), bob.keyPackage()], {}],
  ])('to follow another, and is refused: %s', (_, rule, packages, params) => {
    const refused = () => expect(refusal(() => found(packages, params))).toBe(`mls/validation ${rule}`);
    // The nonce, which is none.
    expect(leftBy(refused)).toEqual(['random']);
  });
});

describe('secrets of a Welcome', () => {
  function welcomed(forcePath: boolean, proposals: readonly Proposal[]) {
    const [alice] = group(2) as [WatchedMember];
    const carol = new WatchedMember('carol', config, suite);
    const own = carol.keyPackage();
    const commit = alice.commit([{ type: 'add', keyPackage: own.keyPackage }, ...proposals], { forcePath });
    const join = (welcome: Uint8Array, psk: () => Uint8Array | undefined = config.psk) => {
      const { signatureKey } = carol;
      return MlsGroup.join({ suite, welcome, keyPackage: () => own, signatureKey, config: { ...config, psk } });
    };
    // A GroupInfo, encrypted in the Welcome, is no secret to those who can open it.
    const left = (step: () => unknown) => leftBy(step).filter((label) => label !== 'plaintext');
    return { alice, own, join, left, welcome: commit.welcome as Uint8Array };
  }

  it.each([true, false])('joining, with a path: %s', (forcePath) => {
    const { join, left, welcome } = welcomed(forcePath, [external('a')]);
    expect(left(() => join(welcome))).toEqual(forcePath ? epochAnd('sk', 'sk') : epochAnd());
  });

  it('joining that is refused for a key that is not known, or is another', () => {
    const { join, left, welcome } = welcomed(true, [external('a')]);
    expect(left(() => expect(refusal(() => join(welcome, () => undefined))).toContain('psk-known'))).toEqual([]);
    const other = () => join(welcome, () => utf8('another key'));
    expect(left(() => expect(refusal(other)).toBe('mls/decryption-failed'))).toEqual([]);
  });

  it('joining that is refused for what the Welcome says', () => {
    const { alice, own, join, left, welcome } = welcomed(true, []);
    const message = decodeMlsMessage(welcome);
    if (message.wireFormat !== 3) throw new TypeError('no Welcome');
    const entry = message.welcome.secrets.at(0) as EncryptedGroupSecrets;
    const secrets = openGroupSecrets(suite, message.welcome, entry, own.initPrivateKey);
    const pskSecret = noPskSecret(suite);
    const groupInfo = openGroupInfo(suite, message.welcome, secrets.joinerSecret, pskSecret);
    const remake = (changes: Partial<GroupInfo>, pathSecret = secrets.pathSecret) =>
      encodeWelcomeMessage(
        createWelcome({
          ...{ suite, pskSecret, psks: [], joiners: [own.keyPackage], random: nodeCrypto.random },
          groupInfo: createGroupInfo(alice.signatureKey, { ...groupInfo, ...changes }),
          joinerSecret: secrets.joinerSecret,
          pathSecretOf: () => pathSecret,
        }),
      );
    const refused = (bytes: Uint8Array, rule: string) =>
      left(() => expect(refusal(() => join(bytes))).toBe(`mls/validation ${rule}`));
    expect(refused(remake({ signer: 9 }), 'group-info-signer')).toEqual([]);
    expect(refused(remake({}, new Uint8Array(32).fill(1)), 'path-keys')).toEqual([]);
    expect(refused(remake({ confirmationTag: new Uint8Array(32) }), 'group-info-confirmation-tag')).toEqual([]);
  });
});
