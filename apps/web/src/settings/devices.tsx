/** A person's installations, and how to take the right away from one. */
import type { Client } from '@conclave/browser-sdk';
import { attempt } from '../state/notices.js';
import { session, signChange, type ToSign } from '../state/session.js';
import { t } from '../strings/index.js';
import { fullTime, toMs } from '../text/time.js';
import { Button } from '../ui/button.js';
import { confirm } from '../ui/dialog.js';
import { Section } from '../ui/field.js';
import { useReading } from '../ui/use-reading.js';

interface Device {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly clientTimestampNs?: bigint | undefined;
}

/** The devices. */
export function Devices() {
  const client = session.value?.client;
  const { value, again } = useReading(async (): Promise<readonly Device[]> => {
    if (client === undefined) return [];
    const state = await client.preferences.fetchInboxState().catch(() => client.preferences.inboxState());
    return state.installations;
  }, [client]);
  const devices = value.value ?? [];
  if (client === undefined) return null;
  const change = async (question: string, action: string, prepare: (of: Client) => Promise<ToSign>) => {
    if (!(await confirm(question, action))) return;
    await attempt(() => signChange(prepare));
    await again();
  };
  const revoke = (device: Device) =>
    change(t('revokeConfirm'), t('revoke'), (of) => of.unsafe_revokeInstallationsSignatureText([device.bytes]));
  const revokeOthers = () =>
    change(t('revokeOthersConfirm'), t('revokeOthers'), (of) => of.unsafe_revokeAllOtherInstallationsSignatureText());
  return (
    <Section title={t('devices')}>
      <ul>
        {devices.map((device) => (
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
      {devices.length > 2 && (
        <Button tone="danger" onClick={revokeOthers}>
          {t('revokeOthers')}
        </Button>
      )}
    </Section>
  );
}
