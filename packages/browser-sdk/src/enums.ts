/** Enums whose values are others in the browser SDK than in the Node SDK (sources: @xmtp/wasm-bindings 1.11.0). */
import {
  type BackupElementSelectionOption as SharedElement,
  BackupElementSelectionOption as SharedElements,
  LogLevel as SharedLevel,
  type ArchiveMetadata as SharedMetadata,
  type ArchiveOptions as SharedOptions,
} from '@conclave/sdk';

/** Least severe level that is written. */
export const LogLevel = { Off: 0, Error: 1, Warn: 2, Info: 3, Debug: 4, Trace: 5 } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** Work that the original does in the background. */
export const WorkerKind = {
  DeviceSync: 0,
  DisappearingMessages: 1,
  KeyPackageCleaner: 2,
  CommitLog: 3,
  TaskRunner: 4,
} as const;
export type WorkerKind = (typeof WorkerKind)[keyof typeof WorkerKind];

/** What an archive holds. */
export const BackupElementSelectionOption = { Messages: 0, Consent: 1 } as const;
export type BackupElementSelectionOption =
  (typeof BackupElementSelectionOption)[keyof typeof BackupElementSelectionOption];

/** What goes into an archive. */
export type ArchiveOptions = Omit<SharedOptions, 'elements'> & { elements: BackupElementSelectionOption[] };
/** What an archive says of itself. */
export type ArchiveMetadata = Omit<SharedMetadata, 'elements'> & { elements: BackupElementSelectionOption[] };

const LEVELS: Readonly<Record<LogLevel, SharedLevel>> = {
  [LogLevel.Off]: SharedLevel.Off,
  [LogLevel.Error]: SharedLevel.Error,
  [LogLevel.Warn]: SharedLevel.Warn,
  [LogLevel.Info]: SharedLevel.Info,
  [LogLevel.Debug]: SharedLevel.Debug,
  [LogLevel.Trace]: SharedLevel.Trace,
};

/** The level in the words of `@conclave/sdk`. */
export function sharedLevel(level: LogLevel): SharedLevel {
  return LEVELS[level];
}

const ELEMENTS: readonly SharedElement[] = [SharedElements.Messages, SharedElements.Consent];

/** The options in the words of `@conclave/sdk`. */
export function sharedArchiveOptions(options: ArchiveOptions | undefined): SharedOptions | undefined {
  return options && { ...options, elements: options.elements.map((each) => ELEMENTS[each] as SharedElement) };
}

/** The metadata in the numbers of this SDK. */
export function archiveMetadataOf(metadata: SharedMetadata): ArchiveMetadata {
  const elements = metadata.elements.map((each) => ELEMENTS.indexOf(each) as BackupElementSelectionOption);
  return { ...metadata, elements };
}
