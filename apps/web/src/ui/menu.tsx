/** A menu under a button: arrow keys move, Escape and a click elsewhere close it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from './button.js';
import { Icon, type IconName } from './icon.js';

/** One line of a menu. */
export interface MenuEntry {
  readonly label: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly act: () => void;
}

/** A button that opens a menu. @param above - what stands over the entries (quick reactions) */
export function Menu({
  label,
  icon = 'more',
  entries,
  above,
}: {
  label: string;
  icon?: IconName;
  entries: readonly MenuEntry[];
  above?: (close: () => void) => ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener('pointerdown', outside, true);
    root.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
    return () => removeEventListener('pointerdown', outside, true);
  }, [open]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    const all = [...(root.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const at = all.indexOf(document.activeElement as HTMLElement);
      all[(at + step + all.length) % all.length]?.focus();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      setOpen(false);
      root.current?.querySelector('button')?.focus();
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the buttons inside come up to it
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <IconButton icon={icon} label={label} aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)} />
      {open && (
        <div class="menu-sheet" role="menu" aria-label={label}>
          {above?.(() => setOpen(false))}
          {entries.map((entry) => (
            <button
              type="button"
              role="menuitem"
              class={entry.danger ? 'menu-entry menu-danger' : 'menu-entry'}
              onClick={() => {
                setOpen(false);
                entry.act();
              }}
            >
              {entry.icon && <Icon name={entry.icon} size={17} />}
              {entry.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
