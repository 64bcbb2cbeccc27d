/** What a commit changed, in the words of a transcript. */
import type { GroupUpdated } from '@conclave/node-sdk';
import type { Names } from '../names.js';
import { oneLine } from '../terminal-text.js';

/** Attribute keys that people know under another name (libxmtp 1.10.0 `MetadataField`). */
const FIELD_TEXTS: Readonly<Record<string, string>> = {
  description: 'the description',
  group_image_url_square: 'the picture',
  message_disappear_from_ns: 'when messages disappear',
  message_disappear_in_ns: 'how long messages stay',
};

/** One sentence without a full stop; `isGroup` false: a direct conversation, which only ever begins. */
export async function groupUpdatedText(update: GroupUpdated, names: Names, isGroup: boolean): Promise<string> {
  const who = await names.of(update.initiatedByInboxId);
  if (!isGroup) return `${who} began the conversation`;
  const list = async (inboxes: readonly { readonly inboxId: string }[]): Promise<string> =>
    (await Promise.all(inboxes.map(({ inboxId }) => names.of(inboxId)))).join(', ');
  const parts: string[] = [];
  const people: readonly [readonly { readonly inboxId: string }[], (whom: string) => string][] = [
    [update.addedInboxes, (whom) => `added ${whom}`],
    [update.removedInboxes, (whom) => `removed ${whom}`],
    [update.leftInboxes, (whom) => `let ${whom} leave`],
    [update.addedAdminInboxes, (whom) => `made ${whom} admin`],
    [update.removedAdminInboxes, (whom) => `took the admin role from ${whom}`],
    [update.addedSuperAdminInboxes, (whom) => `made ${whom} super admin`],
    [update.removedSuperAdminInboxes, (whom) => `took the super admin role from ${whom}`],
  ];
  for (const [inboxes, text] of people) if (inboxes.length > 0) parts.push(text(await list(inboxes)));
  for (const { fieldName, newValue } of update.metadataFieldChanges) {
    parts.push(
      fieldName === 'group_name'
        ? nameText(oneLine(newValue ?? ''))
        : `changed ${FIELD_TEXTS[fieldName] ?? oneLine(fieldName)}`,
    );
  }
  return `${who} ${parts.length === 0 ? 'changed the group' : parts.join('; ')}`;
}

function nameText(name: string): string {
  return name === '' ? 'took the name of the group away' : `named the group “${name}”`;
}
