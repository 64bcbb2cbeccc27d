/** What of a client's options reaches its worker. */
import { Backend, LogLevel as SharedLevel } from '@conclave/sdk';
import { expect, it } from 'vitest';
import { LogLevel, WorkerKind } from '../enums.js';
import type { ClientOptions } from '../options.js';
import { coreOptionsOf } from './core-options.js';

const BACKEND = new Backend({ env: 'local', v3Host: 'http://localhost:5557' } as never);
const optionsOf = (options: Partial<ClientOptions>) => coreOptionsOf(options as ClientOptions, BACKEND);

it('gives the worker what concerns it, and nothing that cannot be sent', () => {
  const dbEncryptionKey = new Uint8Array(32).fill(1);
  const given = {
    dbEncryptionKey,
    disableDeviceSync: true,
    loggingLevel: LogLevel.Warn,
    structuredLogging: true,
    nonce: 2n,
    chains: { '1': 'http://localhost:8545' },
    maxCommitBytes: 200_000,
    onNotice: () => {},
    codecs: [],
  };
  const sent = optionsOf(given);
  expect(sent).toEqual({
    backend: expect.any(Backend),
    dbEncryptionKey,
    disableDeviceSync: true,
    loggingLevel: SharedLevel.Warn,
    structuredLogging: true,
    nonce: 2n,
    chains: { '1': 'http://localhost:8545' },
    maxCommitBytes: 200_000,
  });
  expect(structuredClone(sent)).toMatchObject({ disableDeviceSync: true });
});

it('says nothing of what is not given', () => {
  expect(Object.keys(optionsOf({}))).toEqual(['backend']);
});

it('leaves device sync out where it is among the disabled workers', () => {
  const without = (disabledWorkers: WorkerKind[]) => optionsOf({ workerConfig: { disabledWorkers } });
  expect(without([WorkerKind.CommitLog, WorkerKind.DeviceSync]).disableDeviceSync).toBe(true);
  expect(without([WorkerKind.CommitLog]).disableDeviceSync).toBeUndefined();
});
