/** Name, description and picture of a group. */
import type { Group } from '@conclave/browser-sdk';
import { type Signal, useSignal } from '@preact/signals';
import { refresh } from '../state/conversations.js';
import { attempt, tell } from '../state/notices.js';
import { session } from '../state/session.js';
import { refreshThread } from '../state/thread.js';
import { t } from '../strings/index.js';
import { plainLine } from '../text/names.js';
import { Button } from '../ui/button.js';
import { Section, TextField } from '../ui/field.js';
import { useRights } from './rights.js';

/** What the person makes of a value; undefined while they leave it, so that it follows what others make of it. */
type Draft = Signal<string | undefined>;

const MAX_NAME = 100;
const MAX_DESCRIPTION = 1000;
const MAX_URL = 2048;

/** The fields; only what changed is sent. */
export function GroupFields({ group }: { group: Group }) {
  const name: Draft = useSignal(undefined);
  const description: Draft = useSignal(undefined);
  const picture: Draft = useSignal(undefined);
  const isWorking = useSignal(false);
  const drafts = [name, description, picture];
  const settle = async (draft: Draft, before: string | undefined, update: (value: string) => Promise<void>) => {
    const { value } = draft;
    if (value !== undefined && value !== (before ?? '')) await update(value);
    return () => {
      if (draft.value === value) draft.value = undefined;
    };
  };
  const save = async () => {
    isWorking.value = true;
    const settled: (() => void)[] = [];
    await attempt(async () => {
      settled.push(await settle(name, group.name, (value) => group.updateName(value)));
      settled.push(await settle(description, group.description, (value) => group.updateDescription(value)));
      settled.push(await settle(picture, group.imageUrl, (value) => group.updateImageUrl(value)));
      tell(t('saved'));
    });
    const client = session.value?.client;
    if (client !== undefined) await attempt(() => Promise.all([refresh(client, group.id), refreshThread()]));
    // A field follows the group again once that has the new value: it never shows the earlier one in between.
    for (const follow of settled) follow();
    isWorking.value = false;
  };
  const may = useRights(group);
  const field = (draft: Draft, value: string | undefined, maxLength: number, isAllowed: boolean) => ({
    maxLength,
    disabled: !isAllowed,
    value: draft.value ?? plainLine(value ?? '', maxLength),
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
      draft.value = currentTarget.value;
    },
  });
  return (
    <Section title={t('aboutGroup')}>
      <TextField label={t('groupName')} {...field(name, group.name, MAX_NAME, may('updateGroupNamePolicy'))} />
      <TextField
        label={t('description')}
        {...field(description, group.description, MAX_DESCRIPTION, may('updateGroupDescriptionPolicy'))}
      />
      <TextField
        label={t('pictureUrl')}
        type="url"
        {...field(picture, group.imageUrl, MAX_URL, may('updateGroupImageUrlSquarePolicy'))}
      />
      {drafts.some((draft) => draft.value !== undefined) && (
        <Button tone="main" disabled={isWorking.value} onClick={save}>
          {t('save')}
        </Button>
      )}
    </Section>
  );
}
