/** Backup and restore: the deployed client's archive format, under a key that a passphrase gives. */
import type { ArchiveShare } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { readList } from '../state/conversations.js';
import { attempt, tell } from '../state/notices.js';
import { session } from '../state/session.js';
import { t } from '../strings/index.js';
import { Button } from '../ui/button.js';
import { Section, TextField } from '../ui/field.js';
import { keyOfPassphrase, newSalt, openContainer, sealContainer } from './backup-key.js';

const MIN_PASSPHRASE = 10;

function saveFile(bytes: Uint8Array, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The section. */
export function Backup() {
  const passphrase = useSignal('');
  /** How far it is, from 0 to 1; undefined when nothing is under way. */
  const share = useSignal<number | undefined>(undefined);
  const doing = useSignal<'savingBackup' | 'restoringBackup'>('savingBackup');
  const chooser = useRef<HTMLInputElement>(null);
  const client = session.value?.client;
  if (client === undefined) return null;
  const isShort = passphrase.value.length > 0 && passphrase.value.length < MIN_PASSPHRASE;
  const isReady = passphrase.value.length >= MIN_PASSPHRASE && share.value === undefined;
  const run = async (what: 'savingBackup' | 'restoringBackup', work: () => Promise<void>) => {
    doing.value = what;
    share.value = 0;
    await attempt(work);
    share.value = undefined;
  };
  const onProgress = ({ share: done }: ArchiveShare) => {
    share.value = done;
  };
  const make = () =>
    run('savingBackup', async () => {
      const salt = newSalt();
      const archive = await client.createArchive(await keyOfPassphrase(passphrase.value, salt), undefined, {
        onProgress,
      });
      saveFile(sealContainer(salt, archive), `conclave-${new Date().toISOString().slice(0, 10)}.backup`);
      tell(t('backupDone'));
    });
  const restore = (file: File) => {
    // The one that was there when the file was chosen, whatever is typed while it is read.
    const given = passphrase.value;
    return run('restoringBackup', async () => {
      const { salt, archive } = openContainer(new Uint8Array(await file.arrayBuffer()));
      await client.importArchive(archive, await keyOfPassphrase(given, salt), { onProgress });
      await readList(client);
      tell(t('restoreDone'));
    });
  };
  return (
    <Section title={t('backup')}>
      <p class="soft">{t('backupHint')}</p>
      <TextField
        label={t('passphrase')}
        type="password"
        autoComplete="new-password"
        fault={isShort ? t('passphraseShort') : undefined}
        value={passphrase.value}
        onInput={({ currentTarget }) => {
          passphrase.value = currentTarget.value;
        }}
      />
      <div class="buttons">
        <Button disabled={!isReady} onClick={make}>
          {t('makeBackup')}
        </Button>
        <Button disabled={!isReady} onClick={() => chooser.current?.click()}>
          {t('restoreBackup')}
        </Button>
      </div>
      {share.value !== undefined && (
        <div class="backup-progress">
          <span class="soft">{t(doing.value, { percent: Math.floor(share.value * 100) })}</span>
          <progress aria-label={t('backup')} value={share.value} />
        </div>
      )}
      <input
        ref={chooser}
        type="file"
        hidden
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          currentTarget.value = '';
          if (file !== undefined) void restore(file);
        }}
      />
    </Section>
  );
}
