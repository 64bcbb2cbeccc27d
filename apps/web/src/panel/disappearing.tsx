/** How long messages stay. */
import type { Conversation, Group } from '@conclave/browser-sdk';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { attempt } from '../state/notices.js';
import { t } from '../strings/index.js';
import { Section, SelectField } from '../ui/field.js';
import { useRights } from './rights.js';

const SECOND_NS = 1_000_000_000n;
const CHOICES = { off: 0n, hour: 3600n * SECOND_NS, day: 86_400n * SECOND_NS, week: 604_800n * SECOND_NS } as const;
type Choice = keyof typeof CHOICES;

/** The choice. A time that another app set shows as the nearest shorter one. */
export function Disappearing({ conversation, disabled = false }: { conversation: Conversation; disabled?: boolean }) {
  const chosen = useSignal<Choice>('off');
  useEffect(() => {
    void attempt(async () => {
      const inNs = (await conversation.messageDisappearingSettings())?.inNs ?? 0n;
      const fitting = (Object.keys(CHOICES) as Choice[]).filter((name) => name !== 'off' && CHOICES[name] <= inNs);
      chosen.value = inNs === 0n ? 'off' : (fitting.at(-1) ?? 'hour');
    });
  }, [conversation]);
  const pick = (choice: Choice) =>
    attempt(async () => {
      if (choice === 'off') await conversation.removeMessageDisappearingSettings();
      else await conversation.updateMessageDisappearingSettings(BigInt(Date.now()) * 1_000_000n, CHOICES[choice]);
      chosen.value = choice;
    });
  return (
    <Section title={t('disappearing')}>
      <SelectField
        label={t('disappearAfter')}
        value={chosen.value}
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
