/** The link by which people join a group: made and withdrawn by super admins. */
import type { Group, OpenInvite } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { inviteSlots, linkOf } from '../state/invites.js';
import { attempt, PageFault, tell } from '../state/notices.js';
import { myInboxId } from '../state/session.js';
import { t } from '../strings/index.js';
import { fullTime, toMs } from '../text/time.js';
import { Button } from '../ui/button.js';
import { CopyLine } from '../ui/copy-line.js';
import { confirm } from '../ui/dialog.js';
import { Section, SelectField } from '../ui/field.js';
import { useReading } from '../ui/use-reading.js';
import { QrCode } from './qr-code.js';

const DAY_NS = 86_400_000_000_000n;
const TIMES = { day: DAY_NS, week: 7n * DAY_NS, ever: 0n } as const;
type Time = keyof typeof TIMES;

const nowNs = () => BigInt(Date.now()) * 1_000_000n;

/** Brings a group to the kind that links need, if the person agrees. @returns whether it is of that kind now */
async function prepare(group: Group): Promise<boolean> {
  if (await group.hasAppData()) return true;
  if (!(await confirm(t('inviteBeginConfirm'), t('inviteBegin')))) return false;
  await group.enableAppData().catch((error: { code?: unknown }) => {
    throw error.code === 'client/app-data-unsupported' ? new PageFault(t('inviteMembers')) : error;
  });
  return true;
}

function Making({ group, onDone }: { group: Group; onDone: () => void }) {
  const time = useSignal<Time>('week');
  const isWorking = useSignal(false);
  const make = async () => {
    isWorking.value = true;
    await attempt(async () => {
      if (!(await prepare(group))) return;
      const lasts = TIMES[time.value];
      await group.openInvite(inviteSlots, lasts === 0n ? {} : { expiresAtNs: nowNs() + lasts });
    });
    isWorking.value = false;
    onDone();
  };
  return (
    <>
      <p class="field-note">{t('inviteHint')}</p>
      <SelectField
        label={t('inviteFor')}
        value={time.value}
        options={[
          ['day', t('inviteDay')],
          ['week', t('inviteWeek')],
          ['ever', t('inviteEver')],
        ]}
        onPick={(picked) => {
          time.value = picked;
        }}
      />
      <Button disabled={isWorking.value} onClick={make}>
        {t('inviteMake')}
      </Button>
    </>
  );
}

function Open({ group, invite, onDone }: { group: Group; invite: OpenInvite; onDone: () => void }) {
  const isWorking = useSignal(false);
  const link = linkOf(invite.link);
  const withdraw = async () => {
    if (!(await confirm(t('inviteWithdrawConfirm'), t('inviteWithdraw')))) return;
    isWorking.value = true;
    await attempt(async () => {
      await group.closeInvite(inviteSlots);
      tell(t('inviteWithdrawn'));
    });
    isWorking.value = false;
    onDone();
  };
  return (
    <>
      <QrCode text={link} label={t('inviteCode')} />
      <CopyLine label={t('inviteLink')} text={link} isShort />
      <p class="field-note">
        {invite.expiresAtNs !== 0n && `${t('inviteUntil', { when: fullTime(toMs(invite.expiresAtNs)) })} `}
        {t('inviteNote')}
      </p>
      <Button tone="danger" disabled={isWorking.value} onClick={withdraw}>
        {t('inviteWithdraw')}
      </Button>
    </>
  );
}

/** The link, or a way to make one; nothing for members of a group that has none. */
export function Invitation({ group }: { group: Group }) {
  const { value, again } = useReading(async () => ({ current: await group.currentInvite() }), [group]);
  if (value.value === undefined) return null;
  const { current } = value.value;
  const isOver = current !== undefined && current.expiresAtNs !== 0n && current.expiresAtNs <= nowNs();
  const mayInvite = group.superAdmins.includes(myInboxId.value);
  if (!mayInvite && (current === undefined || isOver)) return null;
  return (
    <Section title={t('invite')}>
      {!mayInvite ? (
        <p class="field-note">{t('inviteOpen')}</p>
      ) : current !== undefined && !isOver ? (
        <Open group={group} invite={current} onDone={again} />
      ) : (
        <>
          {isOver && <p class="field-note">{t('inviteOver')}</p>}
          <Making group={group} onDone={again} />
        </>
      )}
    </Section>
  );
}
