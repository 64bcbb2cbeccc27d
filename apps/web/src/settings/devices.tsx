/** A person's installations, and how to take the right away from one. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { attempt } from '../state/notices.js';
import { session } from '../state/session.js';
import { t } from '../strings/index.js';
import { fullTime, toMs } from '../text/time.js';
import { Button } from '../ui/button.js';
import { confirm } from '../ui/dialog.js';
import { Section } from '../ui/field.js';

interface Device {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly clientTimestampNs?: bigint | undefined;
}

/** The devices. */
export function Devices() {
  const devices = useSignal<readonly Device[]>([]);
  const client = session.value?.client;
  const read = async () => {
    if (client === undefined) return;
    const state = await client.preferences.fetchInboxState().catch(() => client.preferences.inboxState());
    devices.value = state.installations;
  };
  useEffect(() => void attempt(read), [client]);
  if (client === undefined) return null;
  const revoke = async (device: Device) => {
    if (!(await confirm(t('revokeConfirm'), t('revoke')))) return;
    await attempt(() => client.revokeInstallations([device.bytes]));
    await attempt(read);
  };
  return (
    <Section title={t('devices')}>
      <ul>
        {devices.value.map((device) => (
          <li class="device" key={device.id}>
            <code class="one-line">{device.id.slice(0, 16)}…</code>
            <span class="soft tiny">
              {device.id === client.installationId
                ? t('thisDevice')
                : t('addedOn', {
                    date: device.clientTimestampNs === undefined ? '–' : fullTime(toMs(device.clientTimestampNs)),
                  })}
            </span>
            {device.id !== client.installationId && (
              <Button tone="danger" onClick={() => revoke(device)}>
                {t('revoke')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
