/** Settings: how the page looks and behaves, the devices, the backup, the account. */
import { go } from '../state/navigation.js';
import { attempt } from '../state/notices.js';
import { session, signOut } from '../state/session.js';
import { change, settings } from '../state/settings.js';
import { LANGUAGES, t } from '../strings/index.js';
import { Button, IconButton } from '../ui/button.js';
import { CopyLine } from '../ui/copy-line.js';
import { confirm } from '../ui/dialog.js';
import { Section, SelectField, Toggle } from '../ui/field.js';
import { Backup } from './backup.js';
import { Devices } from './devices.js';

function Appearance() {
  const { theme, language } = settings.value;
  return (
    <Section title={t('appearance')}>
      <SelectField
        label={t('theme')}
        value={theme}
        options={[
          ['system', t('themeSystem')],
          ['light', t('themeLight')],
          ['dark', t('themeDark')],
        ]}
        onPick={(picked) => change({ theme: picked })}
      />
      <SelectField
        label={t('language')}
        value={language}
        options={Object.entries(LANGUAGES).map(([tag, { name }]) => [tag, name] as const)}
        onPick={(picked) => change({ language: picked })}
      />
    </Section>
  );
}

function Privacy() {
  const { readReceipts, typingNotices, loadPictures } = settings.value;
  return (
    <Section title={t('privacy')}>
      <Toggle
        label={t('readReceipts')}
        checked={readReceipts}
        onChange={(checked) => change({ readReceipts: checked })}
      />
      <Toggle
        label={t('typingNotices')}
        hint={t('typingNoticesHint')}
        checked={typingNotices}
        onChange={(checked) => change({ typingNotices: checked })}
      />
      <Toggle
        label={t('loadPictures')}
        hint={t('loadPicturesHint')}
        checked={loadPictures}
        onChange={(checked) => change({ loadPictures: checked })}
      />
    </Section>
  );
}

function Notifications() {
  const works = typeof Notification !== 'undefined';
  const isRefused = works && Notification.permission === 'denied';
  const toggle = async (checked: boolean) => {
    if (checked && Notification.permission !== 'granted' && (await Notification.requestPermission()) !== 'granted')
      return;
    change({ notifications: checked });
  };
  return (
    <Section title={t('notifications')}>
      <Toggle
        label={t('notificationsOn')}
        hint={isRefused ? t('notificationsBlocked') : undefined}
        checked={settings.value.notifications && !isRefused}
        disabled={!works || isRefused}
        onChange={(checked) => void toggle(checked)}
      />
    </Section>
  );
}

function Account() {
  const current = session.value;
  if (current === undefined) return null;
  const leave = async () => {
    if (await confirm(t('signOutConfirm'), t('signOut'))) await attempt(signOut);
  };
  return (
    <Section title={t('account')}>
      <CopyLine label={t('address')} text={current.identifier} />
      <CopyLine label={t('inboxId')} text={current.inboxId} />
      <CopyLine label={t('installationId')} text={current.client.installationId ?? ''} />
      <Button tone="danger" onClick={leave}>
        {t('signOut')}
      </Button>
    </Section>
  );
}

/** The page of settings. */
export function SettingsPage() {
  return (
    <div class="settings scroll">
      <header class="settings-head">
        <IconButton icon="back" label={t('back')} onClick={() => go({ view: 'chats' })} />
        <h2>{t('settings')}</h2>
      </header>
      <div class="settings-body">
        <Account />
        <Appearance />
        <Privacy />
        <Notifications />
        <Devices />
        <Backup />
      </div>
    </div>
  );
}
