/** A group that another implementation kept: it goes on with what is whole, and what does not fit together is refused by name. */
import { EMPTY_BYTES, TlsReader, utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { decodeGroupHeader } from '../../src/group/group-header.js';
import { type ImportedEpoch, type ImportGroupParams, MlsError, MlsGroup, ROW_KIND } from '../../src/index.js';
import { epochKey } from '../../src/rows.js';
import { CAPABILITIES, change, expectAgreement, LIFETIME, Member, suite } from '../scenario/members.testkit.js';

/** What is left of the current epoch in the rows of a member who has neither sent nor received in it. */
function untouchedEpoch({ rows, group }: Member): ImportedEpoch {
  const { secrets, leafCount } = decodeGroupHeader(rows.get(ROW_KIND.header, EMPTY_BYTES) as Uint8Array);
  const nodes = [...rows.scan(ROW_KIND.secretTreeNode, epochKey(group.epoch))];
  return {
    context: group.context.raw.slice(),
    leafCount,
    senderDataSecret: secrets.senderDataSecret,
    secretTree: new Map(nodes.map(({ key, value }) => [new TlsReader(key.subarray(8)).u32(), value])),
    ratchets: [],
  };
}

/** Alice and Bob one epoch after Alice sent something that Bob has not read, and all that Bob would hand over. */
function story() {
  const [alice, bob] = [new Member('alice').create(), new Member('bob')];
  change(alice, [], [], [bob]);
  const past = untouchedEpoch(bob);
  const late = alice.send('late');
  change(alice, [bob], []);
  const header = decodeGroupHeader(bob.rows.get(ROW_KIND.header, EMPTY_BYTES) as Uint8Array);
  const params: ImportGroupParams = {
    ...{ suite, signatureKey: bob.signatureKey, ownLeafIndex: 1, isMember: true },
    ratchetTree: bob.group.encodeRatchetTree(),
    privateKeys: [...bob.rows.scan(ROW_KIND.pathPrivateKey)].map(({ value }) => value),
    current: untouchedEpoch(bob),
    past: [past],
    secrets: header.secrets,
    confirmationTag: header.confirmationTag,
  };
  return { alice, bob, params, past, late };
}

/** The part that does not fit, or undefined when all does. */
function misfit(params: ImportGroupParams): unknown {
  try {
    MlsGroup.import(params);
  } catch (error) {
    if (!(error instanceof MlsError) || error.code !== 'mls/invalid-argument') throw error;
    return error.details.part;
  }
  return undefined;
}

describe('an imported group', () => {
  it('goes on in its epoch, reads late messages, and survives being stored', () => {
    const { alice, bob, params, late } = story();
    bob.goOnWith(MlsGroup.import(params)).restart();
    expect(bob.read(late)).toBe('late');
    expect(alice.read(bob.send('from here on'))).toBe('from here on');
    change(bob, [alice], []);
    expectAgreement([alice, bob]);
  });

  const secret = new Uint8Array(32);
  const ratchet = { leafIndex: 0, type: 'application', generation: 0, secret, skipped: [] } as const;
  it.each<[string, Partial<ImportedEpoch>]>([
    ['no leaves', { leafCount: 0 }],
    ['a width that no tree has', { leafCount: 3 }],
    ['a width beyond all bounds', { leafCount: 2 ** 21 }],
    ['a secret of a node beyond its tree', { secretTree: new Map([[3, secret]]) }],
    ['a secret of half a node', { secretTree: new Map([[0.5, secret]]) }],
    ['a secret of another length', { secretTree: new Map([[1, secret.subarray(1)]]) }],
    ['a ratchet of a leaf beyond its tree', { ratchets: [{ ...ratchet, leafIndex: 2 }] }],
    ['a ratchet whose secret has another length', { ratchets: [{ ...ratchet, secret: secret.subarray(1) }] }],
    ['a ratchet at a generation that no message can name', { ratchets: [{ ...ratchet, generation: 2 ** 32 }] }],
    ['a sender-data secret of another length', { senderDataSecret: secret.subarray(1) }],
  ])('is refused with %s, now or in the past', (_, changes) => {
    const { params, past } = story();
    expect(misfit({ ...params, past: [{ ...past, ...changes }] })).toBe('past-epoch');
    expect(misfit({ ...params, current: { ...params.current, ...changes } })).toBe('current-epoch');
  });

  it('is refused with the width of another tree', () => {
    const { params } = story();
    expect(misfit({ ...params, current: { ...params.current, leafCount: 4 } })).toBe('current-epoch');
  });

  it('is refused with past epochs of another group, out of order, or that are not past', () => {
    const { params, past } = story();
    const other = new Member('carol');
    const elsewhere = MlsGroup.create({
      ...{ suite, groupId: utf8('elsewhere'), extensions: [], signatureKey: other.signatureKey, random: other.random },
      leaf: {
        ...{ credential: { type: 1, identity: utf8('carol') }, extensions: [], lifetime: LIFETIME },
        capabilities: CAPABILITIES,
      },
    });
    expect(misfit({ ...params, past: [{ ...past, context: elsewhere.context.raw }] })).toBe('past-epoch');
    expect(misfit({ ...params, past: [past, past] })).toBe('past-epoch');
    expect(misfit({ ...params, past: [params.current] })).toBe('past-epoch');
  });

  it('is refused without the key of its own leaf', () => {
    expect(misfit({ ...story().params, privateKeys: [] })).toBe('own-leaf-key');
  });
});
