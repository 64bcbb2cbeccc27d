import type { Client } from '@conclave/browser-sdk';
import { afterEach, expect, it, vi } from 'vitest';

/** The browser's locks, of which one is held at a time, as far as this asks for them. */
function locks() {
  let held: Promise<unknown> = Promise.resolve();
  return {
    request(_name: string, { signal }: { signal: AbortSignal }, work: () => Promise<unknown>) {
      const mine = held.then(() => {
        if (!signal.aborted) return work();
      });
      held = mine;
      return mine;
    },
  };
}

afterEach(() => vi.unstubAllGlobals());

it('lets another tab vouch for links when it ends while it still reads the groups', async () => {
  vi.stubGlobal('location', { hash: '', origin: 'http://localhost' });
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('navigator', { locks: locks() });
  const { vouch } = await import('./invites.js');
  let letRead = () => {};
  const reading = new Promise<void>((resolve) => {
    letRead = resolve;
  });
  const clientOf = (listGroups: () => Promise<unknown[]>) => ({ conversations: { listGroups } }) as unknown as Client;
  const asked = vi.fn(() => reading.then(() => []));
  const end = vouch(clientOf(asked));
  await vi.waitUntil(() => asked.mock.calls.length > 0, { timeout: 30_000 });
  end();
  letRead();
  const next = new Promise<void>((resolve) => {
    vouch(
      clientOf(async () => {
        resolve();
        return [];
      }),
    );
  });
  await next;
  expect(asked).toHaveBeenCalledTimes(1);
});
