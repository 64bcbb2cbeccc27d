/** A menu under a button: arrow keys move, Escape and a click elsewhere close it. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';

/** One line of a menu. */
export interface MenuEntry {
  readonly label: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
  readonly act: () => void;
}

interface MenuProps {
  readonly label: string;
  /** Asked when it is opened: a column of messages has many menus that nobody opens. */
  readonly entries: () => readonly MenuEntry[];
  /** What stands over the entries (quick reactions). */
  readonly above?: (close: () => void) => ComponentChildren;
}

/** A button that opens a menu. Until then it is the button and nothing else. */
export function Menu(props: MenuProps) {
  const [open, setOpen] = useState(false);
  const { label } = props;
  return (
    <div class="menu">
      <button
        type="button"
        class="icon-button more"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      />
      {open && <Sheet {...props} close={() => setOpen(false)} />}
    </div>
  );
}

function Sheet({ label, entries, above, close }: MenuProps & { close: () => void }) {
  const sheet = useRef<HTMLDivElement>(null);
  // Before the next key can come: it is meant for the menu.
  useLayoutEffect(() => {
    const menu = sheet.current?.parentElement;
    const outside = (event: Event) => {
      if (!menu?.contains(event.target as Node)) close();
    };
    addEventListener('pointerdown', outside, true);
    sheet.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus();
    return () => removeEventListener('pointerdown', outside, true);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(sheet.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const at = all.indexOf(document.activeElement as HTMLElement);
      all[(at + step + all.length) % all.length]?.focus();
    } else if (event.key === 'Home' || event.key === 'End') {
      event.preventDefault();
      all.at(event.key === 'Home' ? 0 : -1)?.focus();
    } else if (event.key === 'Tab') {
      // On from the button, as if there had been no menu.
      sheet.current?.parentElement?.querySelector('button')?.focus();
      close();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      const button = sheet.current?.parentElement?.querySelector('button');
      close();
      button?.focus();
    }
  };
  return (
    <div class="menu-sheet" role="menu" tabIndex={-1} aria-label={label} ref={sheet} onKeyDown={onKeyDown}>
      {above?.(close)}
      {entries().map((entry) => (
        <button
          type="button"
          role="menuitem"
          class={entry.danger ? 'menu-entry menu-danger' : 'menu-entry'}
          onClick={() => {
            close();
            entry.act();
          }}
        >
          {entry.icon && <Icon name={entry.icon} size={17} />}
          {entry.label}
        </button>
      ))}
    </div>
  );
}
