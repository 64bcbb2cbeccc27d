/** A small picker over the composer. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../strings/index.js';
import { EMOJI } from '../text/emoji.js';
import { IconButton } from '../ui/button.js';

/** A button with the picker. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener('pointerdown', outside, true);
    return () => removeEventListener('pointerdown', outside, true);
  }, [open]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the buttons inside come up to it
    <div
      class="menu"
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        setOpen(false);
      }}
    >
      <IconButton
        icon="smile"
        label={t('emoji')}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      />
      {open && (
        <div class="emoji-sheet scroll" role="dialog" aria-label={t('emoji')}>
          {EMOJI.map((group) => (
            <div class="emoji-group" key={group[0]}>
              {group.map((emoji) => (
                <button
                  type="button"
                  key={emoji}
                  aria-label={emoji}
                  onClick={() => {
                    setOpen(false);
                    onPick(emoji);
                  }}
                >
                  {emoji}
                </button>
              ))}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
