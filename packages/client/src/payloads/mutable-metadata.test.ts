import { describe, expect, it } from 'vitest';
import {
  ATTRIBUTE,
  commitLogSigner,
  disappearingSettings,
  initialMutableMetadata,
  type MutableMetadata,
  withAdminListChange,
  withAttribute,
} from './mutable-metadata.js';

const EMPTY: MutableMetadata = { attributes: new Map(), adminList: [], superAdminList: [] };

describe('disappearingSettings', () => {
  it.each([
    ['5', '10', { fromNs: 5n, inNs: 10n }],
    ['0', '0', { fromNs: 0n, inNs: 0n }],
    ['-1', '+7', { fromNs: -1n, inNs: 7n }],
    ['9223372036854775807', '1', { fromNs: 9223372036854775807n, inNs: 1n }],
    ['9223372036854775808', '1', undefined],
    ['', '1', undefined],
    ['1.5', '1', undefined],
    ['0x10', '1', undefined],
    ['1', undefined, undefined],
  ])('from %j in %j', (fromNs, inNs, expected) => {
    let metadata = withAttribute(EMPTY, ATTRIBUTE.messageDisappearFromNs, fromNs);
    if (inNs !== undefined) metadata = withAttribute(metadata, ATTRIBUTE.messageDisappearInNs, inNs);
    expect(disappearingSettings(metadata)).toEqual(expected);
  });
});

describe('admin lists', () => {
  it('append once and remove every entry', () => {
    const twice = { ...EMPTY, adminList: ['a', 'b', 'a'] };
    expect(withAdminListChange(twice, { list: 'admin', action: 'remove', inboxId: 'a' }).adminList).toEqual(['b']);
    expect(withAdminListChange(twice, { list: 'admin', action: 'add', inboxId: 'a' }).adminList).toEqual([
      'a',
      'b',
      'a',
    ]);
    expect(withAdminListChange(twice, { list: 'admin', action: 'add', inboxId: 'c' }).adminList).toEqual([
      'a',
      'b',
      'a',
      'c',
    ]);
    const superAdmin = withAdminListChange(twice, { list: 'super-admin', action: 'add', inboxId: 'c' });
    expect(superAdmin).toEqual({ ...twice, superAdminList: ['c'] });
  });
});

describe('new conversations', () => {
  it('write disappearing settings only when they are chosen', () => {
    const base = {
      conversationType: 'group',
      creatorInboxId: 'me',
      commitLogSigner: new Uint8Array(32).fill(7),
    } as const;
    const plain = initialMutableMetadata(base);
    expect([...plain.attributes.keys()]).toEqual([
      'group_name',
      'description',
      'group_image_url_square',
      'app_data',
      '_commit_log_signer',
    ]);
    expect(commitLogSigner(plain)).toEqual(base.commitLogSigner);
    const chosen = initialMutableMetadata({ ...base, disappearing: { fromNs: 3n, inNs: 4n } });
    expect(disappearingSettings(chosen)).toEqual({ fromNs: 3n, inNs: 4n });
  });

  it('read a commit log signer of the right form only', () => {
    for (const value of ['', 'ab', 'zz'.repeat(32), '00'.repeat(33)]) {
      expect(commitLogSigner(withAttribute(EMPTY, ATTRIBUTE.commitLogSigner, value))).toBeUndefined();
    }
    expect(commitLogSigner(EMPTY)).toBeUndefined();
  });
});
