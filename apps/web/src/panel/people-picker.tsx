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
  /** Who is being looked up. */
  const soughtFor = useSignal<readonly string[]>([]);
  const add = async () => {
    const who = text.value;
    if (who.trim() === '' || soughtFor.value.includes(who)) return;
    soughtFor.value = [...soughtFor.value, who];
    fault.value = undefined;
    const sentence = await seek(who).catch(sentenceOf);
    soughtFor.value = soughtFor.value.filter((each) => each !== who);
    // Somebody else may be written there by now.
    if (text.value !== who) return;
    fault.value = sentence;
    if (sentence === undefined) text.value = '';
  };
  /** @returns what is wrong, if anything is */
  const seek = async (who: string): Promise<string | undefined> => {
    const found = await lookUp(who);
    if ('fault' in found) return t(found.fault);
    if (picked.value.includes(found.inboxId) || taken.includes(found.inboxId)) return t('alreadyThere');
    picked.value = [...picked.value, found.inboxId];
    return undefined;
  };
  return (
    <div class="people">
      <div class="people-add">
        <TextField
          label={t('who')}
          hint={soughtFor.value.length > 0 ? t('looking') : t('whoHint')}
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
        <Button onClick={add} disabled={text.value.trim() === '' || soughtFor.value.includes(text.value)}>
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
