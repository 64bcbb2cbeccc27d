/** Whether the person looks at the page, in this tab or in another: who looks needs no notification of the system. */

/** Begins the name of what is held by a tab that is looked at. */
const LOCK = 'conclave-looking/';
/** This tab's own: it may be held for a moment after the person has gone. */
const OWN_LOCK = LOCK + crypto.getRandomValues(new Uint32Array(2)).join('-');

let letGo: (() => void) | undefined;

/** Whether the person looks at this tab. */
export function isLooking(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

/** Tells the other tabs, as long as it is so. */
export function followAttention(): void {
  for (const name of ['focus', 'blur']) addEventListener(name, note);
  document.addEventListener('visibilitychange', note);
  note();
}

function note(): void {
  if (!isLooking()) {
    letGo?.();
    letGo = undefined;
    return;
  }
  if (letGo !== undefined) return;
  const over = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  navigator.locks?.request(OWN_LOCK, () => over).catch(() => undefined);
}

/** Whether the person looks at any tab of the page. */
export async function isLookedAt(): Promise<boolean> {
  if (isLooking()) return true;
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name?.startsWith(LOCK) && name !== OWN_LOCK);
}
