/** A long identifier that can be copied. */
import { useState } from 'preact/hooks';
import { attempt } from '../state/notices.js';
import { t } from '../strings/index.js';
import { IconButton } from './button.js';

const SHOWN_MS = 1500;

/** Shows an identifier with a button that copies it: whole, or what fits on a line of one that nobody compares. */
export function CopyLine({ label, text, isShort = false }: { label: string; text: string; isShort?: boolean }) {
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
      <code class={isShort ? 'copy-text one-line' : 'copy-text'}>{text}</code>
      <IconButton icon={copied ? 'check' : 'copy'} size={17} label={copied ? t('copied') : t('copy')} onClick={copy} />
    </div>
  );
}
