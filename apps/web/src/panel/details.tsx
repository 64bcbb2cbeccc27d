/** The panel beside an open conversation: who is in it, what it is called, who may do what. */
import { ConsentState, Group } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { titleOf } from '../list/title.js';
import { block, itemOf, setConsent } from '../state/conversations.js';
import { muted, setMuted } from '../state/muted.js';
import { go } from '../state/navigation.js';
import { attempt } from '../state/notices.js';
import { addressOf, nickname, nicknameOf } from '../state/people.js';
import { myInboxId, session } from '../state/session.js';
import { refreshThread, thread } from '../state/thread.js';
import { t } from '../strings/index.js';
import { plainLine } from '../text/names.js';
import { Avatar } from '../ui/avatar.js';
import { Button, IconButton } from '../ui/button.js';
import { CopyLine } from '../ui/copy-line.js';
import { confirm } from '../ui/dialog.js';
import { Section, TextField, Toggle } from '../ui/field.js';
import { Disappearing, GroupDisappearing } from './disappearing.js';
import { GroupFields } from './group-fields.js';
import { Invitation } from './invitation.js';
import { Members } from './members.js';
import { Permissions } from './permissions.js';

function PersonFields({ inboxId }: { inboxId: string }) {
  /** What is being typed: the panel is drawn anew whenever a message comes in. */
  const draft = useSignal<string | undefined>(undefined);
  return (
    <Section title={t('account')}>
      <TextField
        label={t('nickname')}
        maxLength={60}
        value={draft.value ?? nicknameOf(inboxId)}
        onInput={({ currentTarget }) => {
          draft.value = currentTarget.value;
        }}
        onChange={({ currentTarget }) => {
          draft.value = undefined;
          void nickname(inboxId, currentTarget.value);
        }}
      />
      <CopyLine label={t('address')} text={addressOf(inboxId) ?? '…'} />
      <CopyLine label={t('inboxId')} text={inboxId} />
    </Section>
  );
}

/** A super admin gives that up first: the network lets none of them leave, so that somebody is there to complete it. */
function Leaving({ group }: { group: Group }) {
  const me = myInboxId.value;
  const isSuper = group.superAdmins.includes(me);
  const isNeeded = isSuper && group.superAdmins.length === 1;
  const leave = async () => {
    if (!(await confirm(t(isSuper ? 'leaveSuperConfirm' : 'leaveConfirm'), t('leave')))) return;
    await attempt(async () => {
      if (isSuper) await group.removeSuperAdmin(me);
      await group.requestRemoval();
    });
    await refreshThread();
  };
  return (
    <>
      <Button tone="danger" disabled={isNeeded} aria-describedby="leave-note" onClick={leave}>
        {t('leave')}
      </Button>
      {isNeeded && (
        <p id="leave-note" class="field-note">
          {t('leaveNeeded')}
        </p>
      )}
    </>
  );
}

/** The panel. */
export function Details() {
  const open = thread.value;
  const item = itemOf(open?.conversation.id);
  const client = session.value?.client;
  if (open === undefined || item === undefined || client === undefined) return null;
  const group = open.conversation instanceof Group ? open.conversation : undefined;
  const description = plainLine(group?.description ?? '', 1000);
  const isBlocked = item.consent === ConsentState.Denied;
  return (
    <aside class="details scroll" aria-label={t('details')}>
      <header class="details-head">
        <h2>{t('details')}</h2>
        <IconButton icon="close" label={t('close')} onClick={() => go({ view: 'chats', conversationId: item.id })} />
      </header>
      <div class="details-who">
        <Avatar id={item.peerInboxId ?? item.id} imageUrl={item.imageUrl} size={72} round={item.kind === 'dm'} />
        <p class="details-title">{titleOf(item)}</p>
        {description !== '' && <p class="soft">{description}</p>}
      </div>
      {item.peerInboxId !== undefined && <PersonFields key={item.peerInboxId} inboxId={item.peerInboxId} />}
      {group !== undefined && <Members group={group} />}
      {group !== undefined && open.isActive && <Invitation key={`invite ${group.id}`} group={group} />}
      {group !== undefined && <GroupFields key={group.id} group={group} />}
      {group === undefined ? <Disappearing conversation={open.conversation} /> : <GroupDisappearing group={group} />}
      <Section title={t('notifications')}>
        <Toggle
          label={t('mute')}
          hint={t('muteHint')}
          checked={muted.value.has(item.id)}
          onChange={(isMuted) => setMuted(item.id, isMuted)}
        />
      </Section>
      {group !== undefined && <Permissions group={group} />}
      <div class="details-foot">
        <Button
          tone={isBlocked ? 'plain' : 'danger'}
          onClick={() => (isBlocked ? setConsent(client, item.id, ConsentState.Allowed) : block(client, item.id))}
        >
          {isBlocked ? t('unblock') : t('block')}
        </Button>
        {group !== undefined && open.isActive && !open.isLeaving && <Leaving group={group} />}
      </div>
    </aside>
  );
}
