/** Revoking without a client: what the wallet says goes through to where its signature is added. */
import { Backend, type BackendChoice, type Signer, revokeFrom as sharedRevoke } from '@conclave/sdk';
import { expect, it, vi } from 'vitest';
import { directoryCalls } from '../worker/directory-calls.js';
import type { CoreSource } from './core-link.js';
import { revokeFrom } from './directory.js';
import { createSCWSigner } from './signers.js';

vi.mock('@conclave/sdk', async (original) => ({ ...(await original<object>()), revokeFrom: vi.fn() }));

/** The helper's worker, in this process. */
vi.mock('../tabs/shared-core.js', () => ({
  ownCore: (): CoreSource => ({
    connect(onWorker) {
      const calls = directoryCalls({} as never) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
      let tell: (message: never) => void = () => {};
      onWorker({
        post(message) {
          if (message.kind !== 'call') return;
          const { id, method, args } = structuredClone(message);
          void calls[method]?.(...args).then((value) => tell({ kind: 'answer', id, value } as never));
        },
        listen: (listener) => {
          tell = listener;
        },
        close: () => {},
      });
    },
    close: async () => {},
  }),
}));

it('passes on the block of a contract wallet’s signature, as it is when that was made', async () => {
  let block = 7n;
  const heard: unknown[] = [];
  vi.mocked(sharedRevoke).mockImplementation(async (_platform, _backend, signer: Signer) => {
    const signature = await signer.signMessage('text');
    if (signer.type === 'SCW') heard.push(signature, signer.getChainId(), signer.getBlockNumber?.());
  });
  const wallet = createSCWSigner(
    `0x${'a'.repeat(40)}`,
    () => {
      block = 8n;
      return '0x0102';
    },
    10n,
  );
  const backend: BackendChoice = new Backend({ env: 'local' } as never);
  await revokeFrom(backend, { ...wallet, getBlockNumber: () => block }, '0'.repeat(64), []);
  await revokeFrom(backend, wallet, '0'.repeat(64), []);
  expect(heard).toEqual([Uint8Array.of(1, 2), 10n, 8n, Uint8Array.of(1, 2), 10n, undefined]);
});
