/** A new conversation: one person makes a DM, more a group. */
import { ConsentState } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { setConsent } from '../state/conversations.js';
import { go, place } from '../state/navigation.js';
import { attempt } from '../state/notices.js';
import { session } from '../state/session.js';
import { t } from '../strings/index.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { TextField } from '../ui/field.js';
import { PeoplePicker } from './people-picker.js';

/** The dialog. */
export function NewConversation() {
  const picked = useSignal<readonly string[]>([]);
  const name = useSignal('');
  const isWorking = useSignal(false);
  const isGroup = picked.value.length > 1 || name.value.trim() !== '';
  const create = async () => {
    const client = session.value?.client;
    const [first] = picked.value;
    if (client === undefined || first === undefined) return;
    isWorking.value = true;
    const here = place.value;
    const made = await attempt<{ id: string }>(() =>
      isGroup
        ? client.conversations.createGroup([...picked.value], { groupName: name.value.trim() })
        : client.conversations.createDm(first),
    );
    isWorking.value = false;
    if (made === undefined) return;
    await setConsent(client, made.id, ConsentState.Allowed);
    // Who has closed the dialog meanwhile is elsewhere, and stays there.
    if (place.value === here) go({ view: 'chats', conversationId: made.id }, true);
  };
  return (
    <Dialog title={t('newTitle')} onClose={() => go({ view: 'chats' }, true)}>
      <div class="dialog-body">
        <PeoplePicker picked={picked} />
        {picked.value.length > 0 && (
          <TextField
            label={`${t('groupName')} (${t('optional')})`}
            maxLength={100}
            value={name.value}
            onInput={({ currentTarget }) => {
              name.value = currentTarget.value;
            }}
          />
        )}
      </div>
      <footer class="dialog-foot">
        <Button onClick={() => go({ view: 'chats' }, true)}>{t('cancel')}</Button>
        <Button tone="main" disabled={picked.value.length === 0 || isWorking.value} onClick={create}>
          {isGroup ? t('createGroup') : t('startChat')}
        </Button>
      </footer>
    </Dialog>
  );
}
