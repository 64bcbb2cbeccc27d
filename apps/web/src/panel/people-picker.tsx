/** A list of people that grows by address or inbox id; each is looked up before it counts. */
import { type Signal, useSignal } from '@preact/signals';
import { sentenceOf } from '../state/notices.js';
import { addressOf, lookUp, nameOf } from '../state/people.js';
import { t } from '../strings/index.js';
import { Avatar } from '../ui/avatar.js';
import { Button, IconButton } from '../ui/button.js';
import { TextField } from '../ui/field.js';

/** The picker. @param picked - inbox ids; @param taken - those that are there already */
export function PeoplePicker({ picked, taken = [] }: { picked: Signal<readonly string[]>; taken?: readonly string[] }) {
  const text = useSignal('');
  const fault = useSignal<string | undefined>(undefined);
  const isLooking = useSignal(false);
  const add = async () => {
    if (text.value.trim() === '' || isLooking.value) return;
    isLooking.value = true;
    fault.value = undefined;
    try {
      const found = await lookUp(text.value);
      if ('fault' in found) fault.value = t(found.fault);
      else if (picked.value.includes(found.inboxId) || taken.includes(found.inboxId)) fault.value = t('alreadyThere');
      else {
        picked.value = [...picked.value, found.inboxId];
        text.value = '';
      }
    } catch (error) {
      fault.value = sentenceOf(error);
    } finally {
      isLooking.value = false;
    }
  };
  return (
    <div class="people">
      <div class="people-add">
        <TextField
          label={t('who')}
          hint={isLooking.value ? t('looking') : t('whoHint')}
          fault={fault.value}
          value={text.value}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
            fault.value = undefined;
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            void add();
          }}
        />
        <Button onClick={add} disabled={text.value.trim() === '' || isLooking.value}>
          {t('addPerson')}
        </Button>
      </div>
      <ul>
        {picked.value.map((inboxId) => (
          <li class="person" key={inboxId}>
            <Avatar id={inboxId} size={32} />
            <span class="person-name one-line">{nameOf(inboxId)}</span>
            <span class="person-note one-line">{addressOf(inboxId) ?? inboxId}</span>
            <IconButton
              icon="close"
              size={16}
              label={t('remove')}
              onClick={() => {
                picked.value = picked.value.filter((id) => id !== inboxId);
              }}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}
