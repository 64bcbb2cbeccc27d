/** A long identifier that can be copied. */
import { useState } from 'preact/hooks';
import { attempt } from '../state/notices.js';
import { t } from '../strings/index.js';
import { IconButton } from './button.js';

const SHOWN_MS = 1500;

/** Shows an identifier whole, with a button that copies it. */
export function CopyLine({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), SHOWN_MS);
    });
  return (
    <div class="copy-line">
      <span class="field-note">{label}</span>
      <code class="copy-text">{text}</code>
      <IconButton icon={copied ? 'check' : 'copy'} size={17} label={copied ? t('copied') : t('copy')} onClick={copy} />
    </div>
  );
}
