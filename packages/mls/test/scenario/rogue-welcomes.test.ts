/** Welcomes that break a rule, made by a member who can sign anything: refused by the joiner. */
import { describe, expect, it } from 'vitest';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { createGroupInfo, type GroupInfo } from '../../src/group/group-info.js';
import {
  createWelcome,
  encodeWelcomeMessage,
  type GroupSecrets,
  openGroupInfo,
  openGroupSecrets,
} from '../../src/group/welcome.js';
import { type Extension, MlsGroup, type OwnKeyPackage, type RuleName, XMTP_POLICY } from '../../src/index.js';
import { createGroupContext, type GroupContext } from '../../src/schedule/group-context.js';
import { noPskSecret } from '../../src/schedule/psk.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { change, expectAgreement, Member, nameExtension, refusal, suite } from './members.testkit.js';

describe('rogue Welcomes', () => {
  const [alice, bob, carol] = [new Member('alice').create(), new Member('bob'), new Member('carol')];
  change(alice, [], [], [bob]);
  const own = carol.keyPackage();
  const rename = { type: 'group-context-extensions', extensions: [nameExtension('honest')] } as const;
  const honest = alice.commit([{ type: 'add', keyPackage: own.keyPackage }, rename]);
  const opened = open(honest.welcome as Uint8Array);

  function open(bytes: Uint8Array): { secrets: GroupSecrets; groupInfo: GroupInfo } {
    const message = decodeMlsMessage(bytes);
    if (message.wireFormat !== 3) throw new TypeError('not a Welcome');
    const [entry] = message.welcome.secrets;
    if (entry === undefined) throw new TypeError('nobody is welcome');
    const secrets = openGroupSecrets(suite, message.welcome, entry, own.initPrivateKey);
    return { secrets, groupInfo: openGroupInfo(suite, message.welcome, secrets.joinerSecret, noPskSecret(suite)) };
  }

  /** The honest Welcome with something else in it, signed and sealed anew. */
  function remake(changes: {
    context?: Partial<GroupContext>;
    extensions?: Extension[];
    confirmationTag?: Uint8Array;
    signer?: number;
    signedBy?: Member;
    secrets?: Partial<GroupSecrets>;
    suite?: number;
  }): Uint8Array {
    const { secrets, groupInfo } = opened;
    const { rawExtensions: _encodedAgain, ...context } = groupInfo.groupContext;
    const info = createGroupInfo((changes.signedBy ?? alice).signatureKey, {
      groupContext: createGroupContext({ ...context, ...changes.context }),
      extensions: changes.extensions ?? groupInfo.extensions,
      confirmationTag: changes.confirmationTag ?? groupInfo.confirmationTag,
      signer: changes.signer ?? groupInfo.signer,
    });
    const { joinerSecret, pathSecret, psks } = { ...secrets, ...changes.secrets };
    const welcome = createWelcome({
      ...{ suite, groupInfo: info, joinerSecret, psks, pskSecret: noPskSecret(suite), random: alice.random },
      joiners: [own.keyPackage],
      pathSecretOf: () => pathSecret,
    });
    return encodeWelcomeMessage({ ...welcome, suite: changes.suite ?? welcome.suite });
  }

  function join(welcome: Uint8Array, as: OwnKeyPackage = own, nowSeconds?: bigint) {
    return MlsGroup.join({ suite, welcome, keyPackage: () => as, signatureKey: carol.signatureKey, nowSeconds });
  }

  const zero = new Uint8Array(32);
  const external = { type: 'external', pskId: zero, nonce: zero } as const;
  const psk = (usage: 2 | 3) => ({ type: 'resumption', usage, groupId: zero, epoch: 0n, nonce: zero }) as const;

  it('the honest one, made again, is accepted', () => {
    const { group, signerLeafIndex } = join(remake({}));
    expect([group.epoch, group.ownLeafIndex, signerLeafIndex]).toEqual([2n, 2, 0]);
    expect(group.epochAuthenticator).toEqual(honest.staged.epochAuthenticator);
  });

  it.each<[string, Parameters<typeof remake>[0], RuleName]>([
    ['another confirmation tag', { confirmationTag: zero }, 'group-info-confirmation-tag'],
    ['another transcript', { context: { confirmedTranscriptHash: zero } }, 'group-info-confirmation-tag'],
    // The signer's own leaf is bound to the group.
    ['another group', { context: { groupId: zero } }, 'leaf-signature'],
    ['another epoch', { context: { epoch: 9n } }, 'group-info-confirmation-tag'],
    ['another tree hash', { context: { treeHash: zero } }, 'tree-hash'],
    ['a suite in the context', { context: { suite: 1 } }, 'welcome-suite'],
    ['a suite in the Welcome', { suite: 1 }, 'welcome-suite'],
    ['no tree', { extensions: [] }, 'welcome-tree'],
    ['the signature of another member', { signedBy: bob }, 'group-info-signature'],
    ['a signer that is no member', { signer: 3 }, 'group-info-signer'],
    ['a signer beyond all trees', { signer: 2 ** 32 - 1 }, 'group-info-signer'],
    ['a path secret of another path', { secrets: { pathSecret: zero } }, 'path-keys'],
    ['two special keys', { secrets: { psks: [psk(2), psk(3)] } }, 'welcome-psk-usage'],
    ['a key of a group that is not at hand', { secrets: { psks: [psk(2)] } }, 'successor-predecessor'],
    ['a key that is not known', { secrets: { psks: [external] } }, 'psk-known'],
    [
      'an extension twice',
      { context: { extensions: [nameExtension('a'), nameExtension('b')] } },
      'duplicate-extension',
    ],
    [
      'an extension that members do not support',
      { context: { extensions: [{ type: 0xabcd, data: zero }] } },
      'group-extensions-supported',
    ],
  ])('%s is refused', (_, changes, rule) => {
    // The tag covers the whole context, and a path secret only fits where the rest does.
    const alsoBroken = [
      'group-info-confirmation-tag',
      'leaf-group-extensions',
      'psk-known',
      'successor-predecessor',
    ] as const;
    expectRule(rule, () => join(remake(changes)), { alsoBroken });
  });

  it('a key package that is not the one in the tree is refused', () => {
    const { initPrivateKey } = own;
    // The same client with another leaf, whose init key opens the Welcome all the same.
    const other = { ...carol.keyPackage(), initPrivateKey };
    expect(refusal(() => join(honest.welcome as Uint8Array, other))).toBe('mls/validation welcome-own-leaf');
    const stranger = { ...new Member('stranger').keyPackage(), initPrivateKey };
    expect(refusal(() => join(honest.welcome as Uint8Array, stranger))).toBe('mls/validation welcome-own-leaf');
  });

  it('entries that name no key package are not looked up', () => {
    const empty = { kemOutput: zero.subarray(0, 0), ciphertext: zero.subarray(0, 0) };
    const short = { newMember: zero.subarray(0, 0), encryptedGroupSecrets: empty };
    const secrets = Array.from({ length: 1000 }, () => short);
    const welcome = encodeWelcomeMessage({ suite: 3, secrets, encryptedGroupInfo: zero });
    let lookups = 0;
    const keyPackage = () => {
      lookups++;
      return undefined;
    };
    const params = { suite, welcome, keyPackage, signatureKey: carol.signatureKey };
    expect(refusal(() => MlsGroup.join(params))).toBe('mls/no-matching-key-package');
    expect(lookups).toBe(0);
    const message = decodeMlsMessage(welcome);
    // The entries stay bytes until they are asked for.
    expect(message.wireFormat === 3 && Array.isArray(message.welcome.secrets)).toBe(false);
  });

  it('the tree may come from elsewhere, and is held to the same rules', () => {
    const [tree] = opened.groupInfo.extensions as [Extension];
    const welcome = remake({ extensions: [] });
    const params = { suite, welcome, keyPackage: () => own, signatureKey: carol.signatureKey };
    const { group } = MlsGroup.join({ ...params, ratchetTree: tree.data });
    expect(group.encodeRatchetTree()).toEqual(tree.data);
    const otherTree = { ...params, ratchetTree: alice.group.encodeRatchetTree() };
    expect(refusal(() => MlsGroup.join(otherTree))).toBe('mls/validation tree-hash');
    expect(refusal(() => MlsGroup.join({ ...params, ratchetTree: zero }))).toBe('mls/malformed');
  });

  it('expired leaves do not keep an XMTP client out, a strict one they do', () => {
    const late = 2_000_000_000n;
    const welcome = honest.welcome as Uint8Array;
    expect(refusal(() => join(welcome, own, late))).toBe('mls/validation joined-leaf-lifetime');
    const params = { suite, welcome, keyPackage: () => own, signatureKey: carol.signatureKey, nowSeconds: late };
    expect(refusal(() => MlsGroup.join({ ...params, config: { policy: XMTP_POLICY } }))).toBe('accepted');
  });

  it('and the group takes the newcomer in the end', () => {
    alice.merge(honest.staged);
    bob.merge(bob.stage(honest.message));
    carol.join(honest.welcome as Uint8Array, own);
    expectAgreement([alice, bob, carol]);
  });
});
