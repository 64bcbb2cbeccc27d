/** Name, description and picture of a group. */
import type { Group } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { refresh } from '../state/conversations.js';
import { attempt, tell } from '../state/notices.js';
import { session } from '../state/session.js';
import { t } from '../strings/index.js';
import { Button } from '../ui/button.js';
import { Section, TextField } from '../ui/field.js';

/** The fields; only what changed is sent. */
export function GroupFields({ group }: { group: Group }) {
  const name = useSignal(group.name ?? '');
  const description = useSignal(group.description ?? '');
  const picture = useSignal(group.imageUrl ?? '');
  const isWorking = useSignal(false);
  const changed =
    name.value !== (group.name ?? '') ||
    description.value !== (group.description ?? '') ||
    picture.value !== (group.imageUrl ?? '');
  const save = async () => {
    isWorking.value = true;
    await attempt(async () => {
      if (name.value !== (group.name ?? '')) await group.updateName(name.value);
      if (description.value !== (group.description ?? '')) await group.updateDescription(description.value);
      if (picture.value !== (group.imageUrl ?? '')) await group.updateImageUrl(picture.value);
      tell(t('saved'));
    });
    isWorking.value = false;
    const client = session.value?.client;
    if (client !== undefined) await refresh(client, group.id);
  };
  return (
    <Section title={t('aboutGroup')}>
      <TextField
        label={t('groupName')}
        maxLength={100}
        value={name.value}
        onInput={({ currentTarget }) => {
          name.value = currentTarget.value;
        }}
      />
      <TextField
        label={t('description')}
        maxLength={1000}
        value={description.value}
        onInput={({ currentTarget }) => {
          description.value = currentTarget.value;
        }}
      />
      <TextField
        label={t('pictureUrl')}
        type="url"
        maxLength={2048}
        value={picture.value}
        onInput={({ currentTarget }) => {
          picture.value = currentTarget.value;
        }}
      />
      {changed && (
        <Button tone="main" disabled={isWorking.value} onClick={save}>
          {t('save')}
        </Button>
      )}
    </Section>
  );
}
