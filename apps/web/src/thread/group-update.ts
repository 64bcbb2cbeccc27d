/** What a GroupUpdated message tells, as sentences whose people are filled in when they are shown. */
import type { GroupUpdated } from '@conclave/browser-sdk';
import type { StringKey } from '../strings/index.js';
import { plainLine } from '../text/names.js';

/** One sentence: its key, who did it, whom it befell, and a value. */
export interface Sentence {
  readonly key: StringKey;
  readonly who: string;
  readonly whom: readonly string[];
  readonly value: string;
}

const FIELDS: Readonly<Record<string, StringKey>> = {
  group_name: 'updateName',
  description: 'updateDescription',
  group_image_url_square: 'updatePicture',
  message_disappear_from_ns: 'updateDisappearing',
  message_disappear_in_ns: 'updateDisappearing',
};

/** The sentences of one update; one change of two fields that belong together is told once. */
export function updateSentences(update: GroupUpdated | undefined): Sentence[] {
  if (update === undefined) return [];
  const who = update.initiatedByInboxId;
  const ids = (inboxes: readonly { readonly inboxId: string }[] | undefined) =>
    (inboxes ?? []).map(({ inboxId }) => inboxId);
  const people: readonly (readonly [StringKey, readonly string[]])[] = [
    ['updateAdded', ids(update.addedInboxes)],
    ['updateRemoved', ids(update.removedInboxes)],
    ['updateLeft', ids(update.leftInboxes)],
    ['updateAdmin', ids(update.addedAdminInboxes)],
    ['updateNotAdmin', ids(update.removedAdminInboxes)],
    ['updateSuperAdmin', ids(update.addedSuperAdminInboxes)],
    ['updateNotSuperAdmin', ids(update.removedSuperAdminInboxes)],
  ];
  const sentences: Sentence[] = people
    .filter(([, whom]) => whom.length > 0)
    .map(([key, whom]) => ({ key, who, whom, value: '' }));
  const told = new Set<StringKey>();
  for (const { fieldName, newValue } of update.metadataFieldChanges ?? []) {
    const key = FIELDS[fieldName] ?? 'updateOther';
    if (told.has(key)) continue;
    told.add(key);
    sentences.push({ key, who, whom: [], value: key === 'updateName' ? plainLine(newValue ?? '', 100) : '' });
  }
  return sentences;
}
