/** The members of a group, their roles, and what one may do with them. */
import { type Group, type GroupMember, PermissionLevel } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { attempt } from '../state/notices.js';
import { addressOf, nameOf } from '../state/people.js';
import { myInboxId } from '../state/session.js';
import { type StringKey, t } from '../strings/index.js';
import { Avatar } from '../ui/avatar.js';
import { Button } from '../ui/button.js';
import { confirm, Dialog } from '../ui/dialog.js';
import { Section } from '../ui/field.js';
import { Menu, type MenuEntry } from '../ui/menu.js';
import { useReading } from '../ui/use-reading.js';
import { PeoplePicker } from './people-picker.js';
import { useRights } from './rights.js';

const ROLES: Readonly<Record<number, StringKey>> = {
  [PermissionLevel.Member]: 'roleMember',
  [PermissionLevel.Admin]: 'roleAdmin',
  [PermissionLevel.SuperAdmin]: 'roleSuperAdmin',
};

/** Of large groups: the rest is drawn when it is asked for. */
const SHOWN_AT_FIRST = 40;
const NOBODY: readonly GroupMember[] = [];

/** Highest role first, then by name. */
function inOrder(a: GroupMember, b: GroupMember): number {
  return b.permissionLevel - a.permissionLevel || nameOf(a.inboxId).localeCompare(nameOf(b.inboxId));
}

function AddPeople({ group, members, onDone }: { group: Group; members: readonly GroupMember[]; onDone: () => void }) {
  const picked = useSignal<readonly string[]>([]);
  const isWorking = useSignal(false);
  const isOpen = useRef(true);
  useLayoutEffect(
    () => () => {
      isOpen.current = false;
    },
    [],
  );
  const add = async () => {
    isWorking.value = true;
    const done = await attempt(async () => {
      await group.addMembers([...picked.value]);
      return true;
    });
    isWorking.value = false;
    // Who has closed the dialog meanwhile may have opened another.
    if (done && isOpen.current) onDone();
  };
  return (
    <Dialog title={t('addMembers')} onClose={onDone}>
      <div class="dialog-body">
        <PeoplePicker picked={picked} taken={members.map(({ inboxId }) => inboxId)} />
      </div>
      <footer class="dialog-foot">
        <Button onClick={onDone}>{t('cancel')}</Button>
        <Button tone="main" disabled={picked.value.length === 0 || isWorking.value} onClick={add}>
          {t('addMembers')}
        </Button>
      </footer>
    </Dialog>
  );
}

/** The members. */
export function Members({ group }: { group: Group }) {
  const isAdding = useSignal(false);
  const showsAll = useSignal(false);
  const { value, again } = useReading(async () => (await group.members()).toSorted(inOrder), [group]);
  const members = value.value ?? NOBODY;
  const may = useRights(group);
  const me = members.find(({ inboxId }) => inboxId === myInboxId.value);
  const then = (work: () => Promise<unknown>) => async () => {
    await attempt(work);
    await again();
  };
  const entriesFor = (member: GroupMember): MenuEntry[] => {
    const { inboxId, permissionLevel: level } = member;
    const isSuper = me?.permissionLevel === PermissionLevel.SuperAdmin;
    const entries: MenuEntry[] = [];
    if (isSuper && level === PermissionLevel.Member)
      entries.push({ label: t('makeAdmin'), act: then(() => group.addAdmin(inboxId)) });
    if (isSuper && level === PermissionLevel.Admin)
      entries.push({ label: t('removeAdmin'), act: then(() => group.removeAdmin(inboxId)) });
    if (isSuper && level !== PermissionLevel.SuperAdmin)
      entries.push({ label: t('makeSuperAdmin'), act: then(() => group.addSuperAdmin(inboxId)) });
    if (isSuper && level === PermissionLevel.SuperAdmin)
      entries.push({ label: t('removeSuperAdmin'), act: then(() => group.removeSuperAdmin(inboxId)) });
    if (may('removeMemberPolicy') && level !== PermissionLevel.SuperAdmin) {
      entries.push({
        label: t('remove'),
        icon: 'trash',
        danger: true,
        act: async () => {
          if (await confirm(t('removeConfirm', { who: nameOf(inboxId) }), t('remove')))
            await then(() => group.removeMembers([inboxId]))();
        },
      });
    }
    return entries;
  };
  return (
    <Section title={t('memberCount', { count: members.length })}>
      {may('addMemberPolicy') && (
        <Button
          onClick={() => {
            isAdding.value = true;
          }}
        >
          {t('addMembers')}
        </Button>
      )}
      <ul>
        {members.slice(0, showsAll.value ? undefined : SHOWN_AT_FIRST).map((member) => {
          const entries = member.inboxId === myInboxId.value ? [] : entriesFor(member);
          return (
            <li class="person" key={member.inboxId}>
              <Avatar id={member.inboxId} size={32} />
              <span class="person-name one-line">
                {nameOf(member.inboxId)}
                {member.permissionLevel > 0 && (
                  <span class="role">{t(ROLES[member.permissionLevel] ?? 'roleMember')}</span>
                )}
              </span>
              <span class="person-note one-line">{addressOf(member.inboxId) ?? member.inboxId}</span>
              {entries.length > 0 && <Menu label={t('moreActions')} entries={() => entries} />}
            </li>
          );
        })}
      </ul>
      {!showsAll.value && members.length > SHOWN_AT_FIRST && (
        <Button
          onClick={() => {
            showsAll.value = true;
          }}
        >
          {t('allMembers', { count: members.length })}
        </Button>
      )}
      {isAdding.value && (
        <AddPeople
          group={group}
          members={members}
          onDone={() => {
            isAdding.value = false;
            void again();
          }}
        />
      )}
    </Section>
  );
}
