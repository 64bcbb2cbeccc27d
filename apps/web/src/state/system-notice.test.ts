import { afterEach, describe, expect, it, vi } from 'vitest';
import { showSystemNotice } from './system-notice.js';

const NOTICE = { title: 'Harbour', body: 'Ines', tag: 'ab', hash: '#/c/ab' };
const OPTIONS = { body: 'Ines', tag: 'ab', icon: '/icon.svg', data: { hash: '#/c/ab' } };

/** A browser: with a service worker or none, where a page may show notifications itself or not. */
function browser({ registration, pageMay }: { registration?: object | undefined; pageMay: boolean }) {
  const made: unknown[][] = [];
  class PageNotification {
    onclick: (() => void) | undefined;
    constructor(...given: unknown[]) {
      if (!pageMay) throw new TypeError("Failed to construct 'Notification': Illegal constructor.");
      made.push([...given, this]);
    }
  }
  vi.stubGlobal('Notification', PageNotification);
  vi.stubGlobal('navigator', { serviceWorker: { getRegistration: async () => registration } });
  return made;
}

afterEach(() => vi.unstubAllGlobals());

describe('a notification of the system', () => {
  it('is shown by the service worker, where the page itself may show none', async () => {
    const showNotification = vi.fn(async () => {});
    const made = browser({ registration: { active: {}, showNotification }, pageMay: false });
    await showSystemNotice(NOTICE);
    expect(showNotification.mock.calls).toEqual([['Harbour', OPTIONS]]);
    expect(made).toEqual([]);
  });

  it.each([undefined, { active: null }])(
    'is shown by the page where no service worker runs, and leads there',
    async (registration) => {
      const made = browser({ registration, pageMay: true });
      await showSystemNotice(NOTICE);
      expect(made).toHaveLength(1);
      const [title, options, shown] = made[0] as [string, object, { onclick: () => void }];
      expect([title, options]).toEqual(['Harbour', OPTIONS]);
      const place = { hash: '' };
      vi.stubGlobal('location', place);
      vi.stubGlobal('focus', () => {});
      shown.onclick();
      expect(place.hash).toBe('#/c/ab');
    },
  );

  it('is not shown where there is no way to, and that is no error', async () => {
    browser({ pageMay: false });
    await expect(showSystemNotice(NOTICE)).resolves.toBeUndefined();
    const showNotification = () => Promise.reject(new TypeError('No notification permission'));
    browser({ registration: { active: {}, showNotification }, pageMay: false });
    await expect(showSystemNotice(NOTICE)).resolves.toBeUndefined();
  });

  it('is shown by the page where the browser has no service workers at all', async () => {
    const made = browser({ pageMay: true });
    vi.stubGlobal('navigator', {});
    await showSystemNotice(NOTICE);
    expect(made).toHaveLength(1);
  });
});
