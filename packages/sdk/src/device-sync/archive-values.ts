/** Archives in the values of the original. */
import {
  ARCHIVE_KEY_LENGTH,
  type AvailableArchive,
  type ArchiveMetadata as CoreMetadata,
  type ArchiveOptions as CoreOptions,
} from '@conclave/client';
import { fromHex } from '@conclave/crypto';
import { HistorySyncUrls, type XmtpEnv } from '../constants.js';
import { BackupElementSelectionOption } from '../enums.js';
import { SdkError } from '../errors.js';
import type { ArchiveOptions } from '../options.js';
import type { ArchiveMetadata, AvailableArchiveInfo } from '../types.js';

const ELEMENTS = { Messages: 'messages', Consent: 'consent' } as const;

/** What an archive holds when nothing is said: everything. */
export const DEFAULT_ARCHIVE_OPTIONS: ArchiveOptions = {
  elements: [BackupElementSelectionOption.Consent, BackupElementSelectionOption.Messages],
  excludeDisappearingMessages: false,
};

/** The history server of an environment. */
export function historyServerOf(env: XmtpEnv, serverUrl: string | undefined): string {
  return serverUrl ?? HistorySyncUrls[env];
}

/** As the core takes them. */
export function toCoreOptions(options: ArchiveOptions = DEFAULT_ARCHIVE_OPTIONS): CoreOptions {
  const { elements, startNs, endNs, excludeDisappearingMessages: excludeDisappearing } = options;
  return { elements: elements.map((element) => ELEMENTS[element]), startNs, endNs, excludeDisappearing };
}

/** The first 32 bytes of a key, as the original takes it. @throws SdkError `sdk/archive-key-too-short` */
export function archiveKey(key: Uint8Array): Uint8Array {
  if (key.length < ARCHIVE_KEY_LENGTH) {
    throw new SdkError('sdk/archive-key-too-short', { bytes: key.length, needed: ARCHIVE_KEY_LENGTH });
  }
  return key.subarray(0, ARCHIVE_KEY_LENGTH);
}

/** As applications know it. */
export function toArchiveMetadata({ version, elements, exportedAtNs, startNs, endNs }: CoreMetadata): ArchiveMetadata {
  return {
    backupVersion: version,
    elements: elements.map((element) => (element === 'messages' ? 'Messages' : 'Consent')),
    exportedAtNs,
    ...(startNs === undefined ? {} : { startNs }),
    ...(endNs === undefined ? {} : { endNs }),
  };
}

/** As applications know it. */
export function toAvailableArchive({ pin, metadata, sentByInstallationId }: AvailableArchive): AvailableArchiveInfo {
  return { pin, metadata: toArchiveMetadata(metadata), sentByInstallation: fromHex(sentByInstallationId) };
}
