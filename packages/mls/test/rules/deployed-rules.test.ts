/** What the deployed engine (libxmtp 1.10.0) does otherwise than RFC 9420, and who is in a group with it has to do as well. */
import { utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import {
  createKeyPackage,
  createPolicy,
  type Extension,
  encodeRequiredCapabilities,
  type Proposal,
  RULES,
  type RuleName,
  XMTP_POLICY,
} from '../../src/index.js';
import { derivePathKeyPair } from '../../src/tree/path-secret.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { CAPABILITIES, change, LIFETIME, Member, nameExtension, suite } from '../scenario/members.testkit.js';

const LISTED = [0xf000, 0xff00, 0x000a];

function required(types: { extensions?: number[]; proposals?: number[]; credentials?: number[] } = {}): Extension {
  const data = encodeRequiredCapabilities({ extensions: LISTED, proposals: [], credentials: [], ...types });
  return { type: 3, data };
}

const extensionsOf = (...extensions: readonly Extension[]): Proposal => ({
  type: 'group-context-extensions',
  extensions,
});
const REINIT: Proposal = { type: 'reinit', groupId: utf8('next'), version: 1, suite: 3, extensions: [] };

/** Makes commits that no rule lets out. */
const LAWLESS = createPolicy('lawless', Object.keys(RULES) as RuleName[]);

function members(): [rogue: Member, bob: Member] {
  const rogue = new Member('rogue', { policy: LAWLESS }).create([nameExtension(''), required()]);
  const bob = new Member('bob', { policy: XMTP_POLICY });
  change(rogue, [], [], [bob]);
  return [rogue, bob];
}

/** Bob takes the commit, and they are where they were together. */
function expectTaken(proposals: readonly Proposal[]): [rogue: Member, bob: Member] {
  const [rogue, bob] = members();
  const { message, staged } = rogue.commit(proposals);
  bob.merge(bob.stage(message));
  rogue.merge(staged);
  expect(bob.authenticator).toBe(rogue.authenticator);
  return [rogue, bob];
}

describe('a reinit', () => {
  it.each([
    ['alone', [REINIT]],
    ['to an older version', [{ ...REINIT, version: 0 }]],
    ['twice', [REINIT, REINIT]],
    ['beside others', [REINIT, extensionsOf(nameExtension('renamed'), required())]],
  ])('ends nothing: %s', (_, proposals) => {
    const [, bob] = expectTaken(proposals as Proposal[]);
    expect(bob.restart().group.status).toBe('active');
    expect(bob.group.reinit).toBeUndefined();
    expect(bob.commit([]).staged.epoch).toBe(bob.group.epoch + 1n);
  });

  it('to a suite without a name is refused', () => {
    const [rogue, bob] = members();
    const { message } = rogue.commit([{ ...REINIT, suite: 999 } as Proposal]);
    expectRule('reinit-suite', () => bob.group.process(message));
  });
});

describe('a new context', () => {
  it('holds nothing that its required capabilities do not list', () => {
    const [rogue, bob] = members();
    const unlisted = rogue.commit([extensionsOf(nameExtension('a'), required({ extensions: [0xf000] }))]).message;
    expectRule('context-extension-required', () => bob.group.process(unlisted));
    const bare = rogue.commit([extensionsOf(nameExtension('a'))]).message;
    expectRule('context-extension-required', () => bob.group.process(bare));
  });

  it('requires no extension that a member before the commit does not support', () => {
    const [rogue, bob] = members();
    const extensions = extensionsOf(nameExtension('a'), required({ extensions: [...LISTED, 0xfabc] }));
    const capabilities = { ...CAPABILITIES, extensions: [...CAPABILITIES.extensions, 0xfabc] };
    const { message } = rogue.commit([extensions], { leaf: { capabilities } });
    expectRule('required-capabilities-supported', () => bob.group.process(message));
  });

  it('asks nothing of the members there are, and of the leaf of each later commit all', () => {
    const [rogue, bob] = expectTaken([extensionsOf(nameExtension('a'), required({ proposals: [0xfabc] }))]);
    const { message } = rogue.commit([]);
    expectRule('leaf-required-capabilities', () => bob.group.process(message));
    // He does not send either what others would refuse; what he says is heard.
    expectRule('leaf-required-capabilities', () => bob.group.createCommit({ proposals: [], random: bob.random }));
    expect(rogue.read(bob.send('still there'))).toBe('still there');
  });

  it.each([
    ['application_id', 1, [0]],
    ['ratchet_tree', 2, [0]],
    ['external_pub', 4, [1, 7]],
    ['external_senders', 5, [0]],
    ['last_resort', 10, []],
    ['immutable_metadata', 0xf000, [1, 7]],
  ])('may hold %s, well-formed', (_, type, data) => {
    expectTaken([extensionsOf(nameExtension('a'), required(), { type, data: Uint8Array.from(data) })]);
    const [rogue, bob] = members();
    const bad = extensionsOf(nameExtension('a'), required(), { type, data: Uint8Array.of(7) });
    expectRule('extension-content', () => bob.group.process(rogue.commit([bad]).message));
  });
});

describe('a leaf', () => {
  it.each([2, 4, 5, 10, 0xf000])('holds no extension of type %i', (type) => {
    const [rogue, bob] = members();
    const extensions = [{ type, data: Uint8Array.from(type === 10 ? [] : [0]) }];
    const { message } = rogue.commit([], { leaf: { extensions } });
    expectRule('extension-content', () => bob.group.process(message));
  });
});

describe('init keys that a commit adds', () => {
  it('differ from each other and from the keys of leaves', () => {
    const [rogue, bob] = members();
    const [one, two, three] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [Bytes, Bytes, Bytes];
    const other = new Uint8Array(32).fill(4);
    for (const [ofCarol, ofDave] of [
      [keys(one, two), keys(one, three)],
      [keys(three, two), keys(one, three)],
    ] as const) {
      const { message } = rogue.commit([add('carol', ofCarol), add('dave', ofDave)]);
      expectRule('add-init-keys', () => bob.group.process(message));
    }
    expectTaken([add('carol', keys(one, two)), add('dave', keys(other, three))]);
  });
});

describe('keys that the committer has chosen', () => {
  /** Two commits of the rogue, the first of which tells the path secret that it began with; the second draws what `next` says. */
  function twoCommits(next: (pathSecret: Bytes) => readonly (Bytes | undefined)[]): () => unknown {
    const [rogue, bob] = members();
    const drawn: Bytes[] = [];
    const recorded = (length: number) => {
      const bytes = rogue.random(length);
      drawn.push(bytes.slice());
      return bytes;
    };
    const first = rogue.commit([], { random: recorded });
    for (const [member, staged] of [
      [rogue, first.staged],
      [bob, bob.stage(first.message)],
    ] as const)
      member.merge(staged);
    const draws = [...next((drawn[0] as Bytes).slice())];
    const { message } = rogue.commit([], { random: (length) => draws.shift()?.slice() ?? rogue.random(length) });
    return () => bob.group.process(message);
  }

  it('may be those of parents, for its leaf', () => {
    const process = twoCommits((secret) => [undefined, derivePathKeyPair(suite, secret).privateKey]);
    expect(process).not.toThrow();
  });

  it('are none of those that we hold', () => {
    expectRule(
      'unique-encryption-key',
      twoCommits((secret) => [secret]),
    );
  });
});

type Bytes = Uint8Array;
const keys = (initKey: Bytes, leafKey: Bytes) => [initKey, leafKey] as const;

/** Adds somebody with these private keys. */
function add(name: string, drawn: readonly Bytes[]): Proposal {
  const { signatureKey } = new Member(name);
  const left = [...drawn];
  const { keyPackage } = createKeyPackage({
    ...{ suite, signatureKey, capabilities: CAPABILITIES, lifetime: LIFETIME, leafExtensions: [], extensions: [] },
    credential: { type: 1, identity: utf8(name) },
    random: () => (left.shift() as Bytes).slice(),
  });
  return { type: 'add', keyPackage };
}
