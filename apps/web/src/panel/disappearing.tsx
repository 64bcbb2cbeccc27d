/** How long messages stay. */
import type { Conversation, Group } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { attempt } from '../state/notices.js';
import { t } from '../strings/index.js';
import { Section, SelectField } from '../ui/field.js';
import { useReading } from '../ui/use-reading.js';
import { useRights } from './rights.js';

const SECOND_NS = 1_000_000_000n;
const CHOICES = { off: 0n, hour: 3600n * SECOND_NS, day: 86_400n * SECOND_NS, week: 604_800n * SECOND_NS } as const;
type Choice = keyof typeof CHOICES;

/** The choice. A time that another app set shows as the nearest shorter one. */
export function Disappearing({ conversation, disabled = false }: { conversation: Conversation; disabled?: boolean }) {
  const { value: current, again } = useReading(async (): Promise<Choice> => {
    const inNs = (await conversation.messageDisappearingSettings())?.inNs ?? 0n;
    const fitting = (Object.keys(CHOICES) as Choice[]).filter((name) => name !== 'off' && CHOICES[name] <= inNs);
    return inNs === 0n ? 'off' : (fitting.at(-1) ?? 'hour');
  }, [conversation]);
  /** Shown until it is known what came of it. */
  const picked = useSignal<Choice | undefined>(undefined);
  const pick = async (choice: Choice) => {
    picked.value = choice;
    await attempt(async () => {
      if (choice === 'off') await conversation.removeMessageDisappearingSettings();
      else await conversation.updateMessageDisappearingSettings(BigInt(Date.now()) * 1_000_000n, CHOICES[choice]);
    });
    await again();
    if (picked.value === choice) picked.value = undefined;
  };
  return (
    <Section title={t('disappearing')}>
      <SelectField
        label={t('disappearAfter')}
        value={picked.value ?? current.value ?? 'off'}
        disabled={disabled}
        options={[
          ['off', t('disappearOff')],
          ['hour', t('disappearHour')],
          ['day', t('disappearDay')],
          ['week', t('disappearWeek')],
        ]}
        onPick={pick}
      />
    </Section>
  );
}

/** The choice of a group, for those who may make it; the others see what it is. */
export function GroupDisappearing({ group }: { group: Group }) {
  const may = useRights(group);
  return <Disappearing conversation={group} disabled={!may('updateMessageDisappearingPolicy')} />;
}
