/** Ctrl-K: go to a conversation by a few letters. */
import { signal, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { titleOf } from '../list/title.js';
import { everything, type Item } from '../state/conversations.js';
import { go } from '../state/navigation.js';
import { t } from '../strings/index.js';
import { Avatar } from '../ui/avatar.js';
import { Dialog } from '../ui/dialog.js';

/** Whether it is shown. */
export const switcherIsOpen = signal(false);
const MAX_SHOWN = 8;

/** The switcher. */
export function QuickSwitcher() {
  const query = useSignal('');
  const chosen = useSignal(0);
  const close = () => {
    switcherIsOpen.value = false;
  };
  // In the order that they had when they were first seen here: Enter is meant for what is seen, whatever comes in.
  const order = useRef(new Map<string, number>());
  for (const { id } of everything.value) if (!order.current.has(id)) order.current.set(id, order.current.size);
  const placeOf = ({ id }: Item) => order.current.get(id) ?? 0;
  const found = everything.value
    .toSorted((a, b) => placeOf(a) - placeOf(b))
    .filter((item) => titleOf(item).toLowerCase().includes(query.value.toLowerCase()))
    .slice(0, MAX_SHOWN);
  const open = (id: string | undefined) => {
    if (id === undefined) return;
    close();
    go({ view: 'chats', conversationId: id });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      chosen.value = (chosen.value + step + found.length) % found.length;
    } else if (event.key === 'Enter') {
      event.preventDefault();
      open(found[chosen.value]?.id);
    }
  };
  return (
    <Dialog title={t('switcherHint')} onClose={close}>
      <input
        class="input"
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls="switcher-list"
        aria-activedescendant={found.length > 0 ? `switch-${chosen.value}` : undefined}
        aria-label={t('switcherHint')}
        placeholder={t('switcherHint')}
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
          chosen.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <div id="switcher-list" role="listbox" aria-label={t('chats')} class="switcher-list">
        {found.map((item, index) => (
          <div
            key={item.id}
            id={`switch-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen.value}
            class="switcher-entry"
            onPointerDown={() => open(item.id)}
          >
            <Avatar id={item.peerInboxId ?? item.id} size={28} round={item.kind === 'dm'} />
            <span class="one-line">{titleOf(item)}</span>
          </div>
        ))}
        {found.length === 0 && <p class="soft">{t('nothingFound', { query: query.value })}</p>}
      </div>
    </Dialog>
  );
}
