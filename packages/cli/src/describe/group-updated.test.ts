import { describe, expect, it } from 'vitest';
import { NAMES, updateOf } from './describe.testkit.js';
import { groupUpdatedText } from './group-updated.js';

const me = [{ inboxId: 'me' }];
const two = [{ inboxId: 'eve' }, { inboxId: 'kim' }];

describe('groupUpdatedText', () => {
  it.each([
    [{ addedInboxes: two }, 'BOB added EVE, KIM'],
    [{ removedInboxes: me }, 'BOB removed you'],
    [{ leftInboxes: me }, 'BOB let you leave'],
    [{ addedAdminInboxes: me }, 'BOB made you admin'],
    [{ removedAdminInboxes: me }, 'BOB took the admin role from you'],
    [{ addedSuperAdminInboxes: me }, 'BOB made you super admin'],
    [{ removedSuperAdminInboxes: me }, 'BOB took the super admin role from you'],
    [{ initiatedByInboxId: 'me', addedInboxes: me, removedInboxes: two }, 'you added you; removed EVE, KIM'],
    [
      { metadataFieldChanges: [{ fieldName: 'group_name', newValue: 'a\u001b[2J\nb' }] },
      'BOB named the group “a\ufffd[2J b”',
    ],
    [{ metadataFieldChanges: [{ fieldName: 'group_name', newValue: '' }] }, 'BOB took the name of the group away'],
    [{ metadataFieldChanges: [{ fieldName: 'description', newValue: 'x' }] }, 'BOB changed the description'],
    [{ metadataFieldChanges: [{ fieldName: 'x\u001b' }] }, 'BOB changed x\ufffd'],
    [{}, 'BOB changed the group'],
  ])('%j', async (changes, text) => {
    expect(await groupUpdatedText(updateOf(changes), NAMES, true)).toBe(text);
  });

  it('says of a direct conversation that it began', async () => {
    expect(await groupUpdatedText(updateOf({ addedInboxes: me }), NAMES, false)).toBe('BOB began the conversation');
  });
});
