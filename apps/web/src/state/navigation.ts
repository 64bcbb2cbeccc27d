/** Where a person is on the page. It stands in the address (`#/c/ID/details`, `#/join/SECRET`), so that back, reload and links work. */
import { computed, signal } from '@preact/signals';

/** A place on the page. */
export interface Place {
  readonly view: 'chats' | 'requests' | 'blocked' | 'outbox' | 'settings' | 'new' | 'join';
  readonly conversationId?: string;
  readonly details?: boolean;
  /** Of `join`: the secret part of the link. What stands behind the `#` of an address is sent to nobody. */
  readonly invite?: string;
}

const VIEWS = ['requests', 'blocked', 'outbox', 'settings', 'new'] as const;

function parse(hash: string): Place {
  const [first, second, third] = hash.replace(/^#\/?/, '').split('/');
  if (first === 'c' && second) return { view: 'chats', conversationId: second, details: third === 'details' };
  if (first === 'join') return { view: 'join', invite: second ?? '' };
  const view = VIEWS.find((name) => name === first);
  if (view !== undefined) return { view };
  return { view: 'chats' };
}

function format({ view, conversationId, details, invite }: Place): string {
  if (view === 'join') return `#/join/${invite}`;
  if (conversationId !== undefined) return `#/c/${conversationId}${details ? '/details' : ''}`;
  return view === 'chats' ? '#/' : `#/${view}`;
}

/** Where we are. */
export const place = signal<Place>(parse(location.hash));
/** The open conversation's id. */
export const openId = computed(() => place.value.conversationId);

addEventListener('hashchange', () => {
  place.value = parse(location.hash);
});

/** Goes somewhere. @param replace - without a step for the back button */
export function go(to: Place, replace = false): void {
  const hash = format(to);
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, '', hash);
  else history.pushState(null, '', hash);
  place.value = to;
}
addEventListener('popstate', () => {
  place.value = parse(location.hash);
});
