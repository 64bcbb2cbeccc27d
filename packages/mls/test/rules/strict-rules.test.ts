/** One breach for each rule that RFC 9420 has and nothing else in these tests comes upon: of what is sent, of keys in a Welcome, of a ReInit. */
import { utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { type Extension, type Proposal, RFC_POLICY } from '../../src/index.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { change, Member, nameExtension } from '../scenario/members.testkit.js';
import { lenientPolicy } from './rogue.testkit.js';

function pair(): [Member, Member] {
  const alice = new Member('alice', { policy: RFC_POLICY }).create();
  const bob = new Member('bob', { policy: RFC_POLICY });
  change(alice, [], [], [bob]);
  return [alice, bob];
}

describe('rules of the standard', () => {
  it('proposals-committed: application data while a proposal waits for its commit, our own or another’s', () => {
    const [alice, bob] = pair();
    const proposal: Proposal = { type: 'group-context-extensions', extensions: [nameExtension('proposed')] };
    bob.receive(alice.group.createProposal({ proposal, random: alice.random }).message);
    alice.save();
    for (const member of [alice.restart(), bob.restart()]) {
      expectRule('proposals-committed', () => member.group.createApplicationMessage(utf8('before'), member.random));
    }
    change(bob, [alice], []);
    expect(alice.read(bob.send('after'))).toBe('after');
  });

  it('proposal-psk-nonce: of a key that a Welcome names', () => {
    const carol = new Member('carol', { policy: RFC_POLICY, psk: () => utf8('known') });
    const own = carol.keyPackage();
    const nonce = new Uint8Array(31);
    const psk: Proposal = { type: 'psk', psk: { type: 'external', pskId: utf8('id'), nonce } };
    const mallory = new Member('mallory', { policy: lenientPolicy(), psk: () => utf8('known') }).create();
    const { welcome } = mallory.commit([{ type: 'add', keyPackage: own.keyPackage }, psk]);
    expectRule('proposal-psk-nonce', () => carol.join(welcome as Uint8Array, own));
  });

  it('duplicate-extension, extension-content: of the group that a reinit is to begin', () => {
    const [alice] = pair();
    const reinit = (...extensions: Extension[]): Proposal => ({
      ...{ type: 'reinit', groupId: utf8('next'), version: 1, suite: 3, extensions },
    });
    const twice = reinit(nameExtension('a'), nameExtension('b'));
    expectRule('duplicate-extension', () => alice.group.createCommit({ proposals: [twice], random: alice.random }));
    const misplaced = reinit({ type: 0x0002, data: new Uint8Array(0) });
    expectRule('extension-content', () => alice.group.createCommit({ proposals: [misplaced], random: alice.random }));
  });
});
