/**
 * ts-mls 1.6.4 as judge of single structures and of what the scripts leave out: XMTP's shape of leaves and commits,
 * encodings byte for byte, damage, and the defects of ts-mls that bound what it can judge.
 */
import { toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { decodeMlsMessage, encodeMlsMessage } from 'ts-mls';
import { encode } from 'ts-mls/codec/tlsEncoder.js';
import { groupContextEncoder } from 'ts-mls/groupContext.js';
import { makeKeyPackageRef, verifyKeyPackage as tsMlsVerifyKeyPackage } from 'ts-mls/keyPackage.js';
import { describe, expect, it } from 'vitest';
import { decodeKeyPackage, getCipherSuite, keyPackageRef, RFC_POLICY, verifyKeyPackage } from '../../../src/index.js';
import { change, expectAgreement, Member, nameExtension, refusal } from '../../scenario/members.testkit.js';
import { conclave } from '../conclave-peer.testkit.js';
import type { Peer } from '../peer.testkit.js';
import { decode, encodeTree } from './convert.testkit.js';
import { type TsMlsPeer, tsMls } from './ts-mls-peer.testkit.js';

const NO_BYTES = new Uint8Array(0);
const KEY_PACKAGE_HEADER = Uint8Array.of(0, 1, 0, 5);

function expectSameEpoch(ours: Member, theirs: Peer): void {
  expect(theirs.epoch).toBe(ours.group.epoch);
  expect(toHex(theirs.epochAuthenticator())).toBe(ours.authenticator);
}

async function judge(suite: number): Promise<TsMlsPeer> {
  return (await tsMls.create({ name: 'judge', suite, handshake: 'private' })) as TsMlsPeer;
}

/** Adds the peer of ts-mls to a group of ours; everybody follows. */
async function admit(committer: Member, others: readonly Member[], theirs: TsMlsPeer): Promise<void> {
  const keyPackage = decodeKeyPackage((await theirs.createKeyPackage()).subarray(KEY_PACKAGE_HEADER.length));
  const { message, welcome, staged } = committer.commit([{ type: 'add', keyPackage }]);
  committer.merge(staged);
  for (const other of others) other.merge(other.stage(message));
  await theirs.join(welcome as Uint8Array);
  expectSameEpoch(committer, theirs);
}

/** A client of ours that created a group, on one suite. */
function founder(id: number): Member {
  return new Member('alice', {}, getCipherSuite(id, nodeCrypto)).create();
}

describe.each([0x0001, 0x0003])('with suite %i', (id) => {
  const suite = getCipherSuite(id, nodeCrypto);

  it('key packages satisfy both sides, and have one reference', async () => {
    const theirs = await judge(id);
    const bytes = (await theirs.createKeyPackage()).subarray(KEY_PACKAGE_HEADER.length);
    const received = decodeKeyPackage(bytes);
    verifyKeyPackage(suite, received, RFC_POLICY, 1_800_000_000n);
    expect(received.raw).toEqual(bytes);

    const { keyPackage } = new Member('alice', {}, suite).keyPackage();
    const message = decode(Uint8Array.from([...KEY_PACKAGE_HEADER, ...keyPackage.raw]));
    if (message.wireformat !== 'mls_key_package') throw new TypeError(message.wireformat);
    expect(await tsMlsVerifyKeyPackage(message.keyPackage, theirs.suite.signature)).toBe(true);
    const reference = await makeKeyPackageRef(message.keyPackage, theirs.suite.hash);
    expect(toHex(keyPackageRef(suite, keyPackage))).toBe(toHex(reference));
  });

  it('a group of XMTP’s shape: GroupContextExtensions with and without an Add', async () => {
    const alice = founder(id);
    const theirs = await judge(id);
    await admit(alice, [], theirs);
    const bob = new Member('bob', {}, suite);
    const rename = { type: 'group-context-extensions', extensions: [nameExtension('renamed')] } as const;
    const first = change(alice, [], [rename]);
    await theirs.receive(first);
    expectSameEpoch(alice, theirs);
    const second = change(alice, [], [{ ...rename, extensions: [nameExtension('again')] }], [bob]);
    await theirs.receive(second);
    expectSameEpoch(alice, theirs);
    expectAgreement([alice, bob]);
    expect(theirs.state.groupContext.extensions).toEqual([{ extensionType: 0xff00, extensionData: utf8('again') }]);
    expect(bob.read(await theirs.protect(utf8('understood'), NO_BYTES))).toBe('understood');
  });

  it('context and tree are the same bytes on both sides', async () => {
    const alice = founder(id);
    const [bob, carol] = [new Member('bob', {}, suite), new Member('carol', {}, suite)];
    change(alice, [], [], [bob, carol]);
    change(bob, [alice, carol], []);
    const theirs = await judge(id);
    await admit(carol, [alice, bob], theirs);
    for (const [committer, others] of [
      [alice, [bob, carol]],
      [carol, [alice, bob]],
    ] as const) {
      await theirs.receive(change(committer, others, []));
    }
    const { message } = await theirs.commit({ byValue: [{ type: 'remove', member: 'bob' }] });
    await theirs.confirmCommit();
    for (const member of [alice, bob, carol]) member.merge(member.stage(message));
    expectSameEpoch(alice, theirs);
    expectAgreement([alice, carol]);
    expect(bob.group.status).toBe('removed');
    expect(toHex(encode(groupContextEncoder)(theirs.state.groupContext))).toBe(toHex(alice.group.context.raw));
    expect(toHex(encodeTree(theirs.state.ratchetTree))).toBe(toHex(alice.group.encodeRatchetTree()));
  });

  it('whatever we send is encoded as ts-mls encodes it', async () => {
    for (const handshake of ['private', 'public'] as const) {
      const config = { handshake };
      const alice = new Member('alice', config, suite).create();
      const bobs = new Member('bob', config, suite).keyPackage().keyPackage;
      const messages = [
        alice.send('text'),
        alice.group.createProposal({ proposal: { type: 'add', keyPackage: bobs }, random: alice.random }).message,
        alice.commit([{ type: 'group-context-extensions', extensions: [nameExtension('x')] }]).message,
        alice.commit([{ type: 'add', keyPackage: bobs }]).welcome as Uint8Array,
      ];
      for (const message of messages) expect(toHex(encodeMlsMessage(decode(message)))).toBe(toHex(message));
    }
  });

  it('messages arrive late, early, out of order and from epochs before', async () => {
    const alice = founder(id);
    const theirs = await judge(id);
    await admit(alice, [], theirs);
    const ours = Array.from({ length: 5 }, (_, i) => alice.send(`ours ${i}`));
    const their: Uint8Array[] = [];
    for (let i = 0; i < 5; i++) their.push(await theirs.protect(utf8(`theirs ${i}`), utf8(`${i}`)));
    for (const i of [4, 1, 3]) {
      expect(alice.read(their[i] as Uint8Array)).toBe(`theirs ${i}`);
      expect(await theirs.receive(ours[i] as Uint8Array)).toMatchObject({ data: utf8(`ours ${i}`) });
    }
    await theirs.receive(change(alice, [], []));
    for (const i of [2, 0]) {
      expect(alice.read(their[i] as Uint8Array)).toBe(`theirs ${i}`);
      expect(await theirs.receive(ours[i] as Uint8Array)).toMatchObject({ data: utf8(`ours ${i}`) });
    }
    expect(refusal(() => alice.receive(their[2] as Uint8Array))).toBe('mls/generation-spent');
    await expect(theirs.receive(ours[2] as Uint8Array)).rejects.toThrow();
  });

  it('damage is refused by both sides, and the intact message is read afterwards', async () => {
    const alice = founder(id);
    const theirs = await judge(id);
    await admit(alice, [], theirs);
    const their = await theirs.protect(utf8('intact'), NO_BYTES);
    const ours = alice.send('intact');
    for (let at = 0; at < their.length; at += 3) {
      const damaged = their.slice();
      damaged[at] = (damaged[at] as number) ^ 0x40;
      expect(refusal(() => alice.group.process(damaged))).toMatch(/^mls\//);
    }
    for (let at = 0; at < ours.length; at += 3) {
      const damaged = ours.slice();
      damaged[at] = (damaged[at] as number) ^ 0x40;
      await expect(theirs.receive(damaged)).rejects.toThrow();
    }
    expect(alice.read(their)).toBe('intact');
    expect(await theirs.receive(ours)).toMatchObject({ data: utf8('intact') });
  });
});

/** What ts-mls 1.6.4 does against the standard, as far as it can be shown: the reasons in its features. */
describe('what ts-mls 1.6.4 gets wrong', () => {
  it('leaves the path out of commits with GroupContextExtensions; we refuse them', async () => {
    const alice = founder(0x0003);
    const theirs = await judge(0x0003);
    await admit(alice, [], theirs);
    const { message } = await theirs.commit({
      byValue: [{ type: 'group-context-extensions', extensions: [nameExtension('pathless')] }],
    });
    expect(refusal(() => alice.group.process(message))).toBe('mls/validation path-required');
    expect(alice.group.takeRows()).toEqual([]);
  });

  it('overlooks its removal when a newcomer takes its leaf; a member of ours does not', async () => {
    const alice = founder(0x0003);
    const theirs = await judge(0x0003);
    await admit(alice, [], theirs);
    const bob = new Member('bob');
    const leafIndex = 1;
    const message = change(alice, [], [{ type: 'remove', leafIndex }], [bob]);
    expect(bob.group.ownLeafIndex).toBe(leafIndex);
    await expect(theirs.receive(message)).rejects.toThrow(/No overlap/);
    const carol = new Member('carol');
    const swap = change(alice, [], [{ type: 'remove', leafIndex }], [carol]);
    bob.merge(bob.stage(swap));
    expect(bob.group.status).toBe('removed');
    expectAgreement([alice, carol]);
  });

  it('takes an empty list of extensions for no change', async () => {
    const alice = founder(0x0003);
    const theirs = await judge(0x0003);
    await admit(alice, [], theirs);
    const cleared = change(alice, [], [{ type: 'group-context-extensions', extensions: [] }]);
    await expect(theirs.receive(cleared)).rejects.toThrow();
  });

  it('writes external_pub without the length of the key', async () => {
    const theirs = await judge(0x0003);
    await theirs.createGroup(utf8('theirs'), []);
    const { groupInfo } = await theirs.publishGroup(true);
    const message = decodeMlsMessage(groupInfo, 0)?.[0];
    if (message?.wireformat !== 'mls_group_info') throw new TypeError('not a GroupInfo');
    const external = message.groupInfo.extensions.find(({ extensionType }) => extensionType === 'external_pub');
    expect(external?.extensionData).toHaveLength(32);
  });
});

it('the peer on libsodium and the judge agree as well', async () => {
  const { openBrowserCrypto } = await import('@conclave/crypto/browser');
  const ours = await conclave(await openBrowserCrypto()).create({ name: 'alice', suite: 0x0003, handshake: 'private' });
  const theirs = await judge(0x0003);
  await theirs.createGroup(utf8('theirs'), []);
  const keyPackage = await ours.createKeyPackage();
  const { welcome } = await theirs.commit({ byValue: [{ type: 'add', keyPackage }] });
  await theirs.confirmCommit();
  await ours.join(welcome as Uint8Array);
  expect(toHex(ours.epochAuthenticator())).toBe(toHex(theirs.epochAuthenticator()));
});
