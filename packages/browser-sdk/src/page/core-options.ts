/** What of a client's options goes to its worker. */
import { Backend } from '@conclave/sdk';
import { sharedLevel, WorkerKind } from '../enums.js';
import type { ClientOptions, CoreOptions } from '../options.js';
import { partsOf } from './directory.js';

/** The options that concern the worker, in values that can be sent to it. @param backend - the node that they name */
export function coreOptionsOf(options: ClientOptions, backend: Backend): CoreOptions {
  const { dbEncryptionKey, loggingLevel, structuredLogging, nonce, chains, maxCommitBytes, workerConfig } = options;
  const isWithoutSync =
    options.disableDeviceSync === true || workerConfig?.disabledWorkers?.includes(WorkerKind.DeviceSync) === true;
  return {
    backend: new Backend(partsOf(backend)),
    ...(dbEncryptionKey && { dbEncryptionKey }),
    ...(isWithoutSync && { disableDeviceSync: true }),
    ...(loggingLevel !== undefined && { loggingLevel: sharedLevel(loggingLevel) }),
    ...(structuredLogging !== undefined && { structuredLogging }),
    ...(nonce !== undefined && { nonce }),
    ...(chains !== undefined && { chains }),
    ...(maxCommitBytes !== undefined && { maxCommitBytes }),
  };
}
