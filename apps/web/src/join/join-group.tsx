/** A link was opened: asks, joins, waits, or says why not. */
import { type Client, ConsentState } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { titleOf } from '../list/title.js';
import { itemOf, setConsent } from '../state/conversations.js';
import { inviteSlots } from '../state/invites.js';
import { go, place } from '../state/navigation.js';
import { sentenceOf, tell } from '../state/notices.js';
import { session } from '../state/session.js';
import { t } from '../strings/index.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { refusalOf } from './refusals.js';

/** Where one is. `waiting`: the group has moved on, and whoever vouches for the link has not been online since. */
type Progress =
  | { readonly step: 'asking' | 'joining' | 'waiting' }
  | { readonly step: 'refused'; readonly sentence: string; readonly mayRetry: boolean };

const TRY_AGAIN_MS = 5000;

async function enter(client: Client, id: string, invite: string): Promise<void> {
  await setConsent(client, id, ConsentState.Allowed);
  // Who has closed the dialog meanwhile is elsewhere, and stays there.
  if (place.value.invite === invite) go({ view: 'chats', conversationId: id }, true);
}

async function follow(client: Client, invite: string): Promise<Progress | undefined> {
  try {
    const { id } = await client.conversations.joinByInvite(invite, inviteSlots);
    await enter(client, id, invite);
    const item = itemOf(id);
    tell(t('joined', { name: item === undefined ? '' : titleOf(item) }));
    return undefined;
  } catch (error) {
    const { code, details } = error as { code?: unknown; details?: { rule?: unknown; groupId?: unknown } };
    if (code === 'client/invite-stale') return { step: 'waiting' };
    if (code !== 'client/invite-invalid') return { step: 'refused', sentence: sentenceOf(error), mayRetry: true };
    if (details?.rule === 'not-a-member' && typeof details.groupId === 'string') {
      await enter(client, details.groupId, invite);
      tell(t('joinAlready'));
      return undefined;
    }
    return { step: 'refused', sentence: t(refusalOf(details?.rule)), mayRetry: false };
  }
}

function Said({ progress }: { progress: Progress }) {
  switch (progress.step) {
    case 'asking':
      return (
        <>
          <p>{t('joinAsk')}</p>
          <p class="soft">{t('joinHint')}</p>
        </>
      );
    case 'joining':
      return <Working text={t('joining')} />;
    case 'waiting':
      return (
        <>
          <Working text={t('joinWaiting')} />
          <p class="soft">{t('joinWaitingHint')}</p>
        </>
      );
    case 'refused':
      return (
        <>
          <p>
            <strong>{t('joinRefused')}</strong>
          </p>
          <p>{progress.sentence}</p>
        </>
      );
  }
}

function Working({ text }: { text: string }) {
  return (
    <p class="working">
      <span class="spinner" aria-hidden="true" />
      {text}
    </p>
  );
}

/** The dialog. @param invite - the secret part of the link */
export function JoinGroup({ invite }: { invite: string }) {
  const progress = useSignal<Progress>({ step: 'asking' });
  const { step } = progress.value;
  const client = session.value?.client;
  const close = () => go({ view: 'chats' }, true);
  const join = async () => {
    if (client === undefined) return;
    if (step !== 'waiting') progress.value = { step: 'joining' };
    const next = await follow(client, invite);
    if (next !== undefined) progress.value = next;
  };
  useEffect(() => {
    if (step !== 'waiting') return;
    const timer = setTimeout(() => void join(), TRY_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [progress.value]);
  const mayJoin = step === 'asking' || (progress.value.step === 'refused' && progress.value.mayRetry);
  return (
    <Dialog title={t('joinTitle')} onClose={close}>
      <div class="dialog-body" role="status">
        <Said progress={progress.value} />
      </div>
      <footer class="dialog-foot">
        <Button onClick={close}>{t(step === 'asking' ? 'cancel' : 'close')}</Button>
        {mayJoin && (
          <Button tone="main" onClick={join}>
            {t(step === 'asking' ? 'join' : 'retry')}
          </Button>
        )}
      </footer>
    </Dialog>
  );
}
