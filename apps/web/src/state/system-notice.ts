/** A notification of the system: by the service worker where the page has one, as browsers of phones know no other way. */

/** What is shown, and where a click leads. */
export interface SystemNotice {
  readonly title: string;
  readonly body: string;
  /** One of the same tag takes the place of the one before. */
  readonly tag: string;
  /** Where in the page (`#/c/ID`). */
  readonly hash: string;
}

/** Shows it, or nothing where the browser has no way to: a notification that is missing is no fault that anybody can mend. */
export async function showSystemNotice({ title, body, tag, hash }: SystemNotice): Promise<void> {
  const options = { body, tag, icon: '/icon.svg', data: { hash } };
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    if (registration?.active) await registration.showNotification(title, options);
    else showByPage(title, options);
  } catch {
    // Chrome on Android throws for a page's own, others when the permission is taken away meanwhile.
  }
}

function showByPage(title: string, options: NotificationOptions & { data: { hash: string } }): void {
  const shown = new Notification(title, options);
  shown.onclick = () => {
    focus();
    location.hash = options.data.hash;
  };
}
