/** What goes into an archive, and what its first record says about it (XIP-71). */
import {
  type ArchiveOptions as ArchiveOptionsProto,
  ArchiveOptionsSchema,
  BackupElementSelection,
  type BackupMetadataSave,
  BackupMetadataSaveSchema,
  create,
} from '@conclave/proto';

/** `messages` stands for conversations and what was said in them. */
export type ArchiveElement = 'messages' | 'consent';

/** Which records to write. */
export interface ArchiveOptions {
  /** In the order in which they are written. */
  readonly elements: readonly ArchiveElement[];
  /** Only conversations made, and messages sent, later. */
  readonly startNs?: bigint | undefined;
  /** Only conversations made, and messages sent, earlier. */
  readonly endNs?: bigint | undefined;
  /** Leaves out messages that are going to disappear. Default false. */
  readonly excludeDisappearing?: boolean | undefined;
}

/** What an archive says about itself. */
export interface ArchiveMetadata {
  /** Of the format; `UNKNOWN_ARCHIVE_VERSION` when only the announcement of an archive is at hand. */
  readonly version: number;
  readonly elements: readonly ArchiveElement[];
  readonly exportedAtNs: bigint;
  readonly startNs?: bigint | undefined;
  readonly endNs?: bigint | undefined;
}

/** What deployed clients say where the version is not known. */
export const UNKNOWN_ARCHIVE_VERSION = 0xffff;

const NUMBERS = { messages: BackupElementSelection.MESSAGES, consent: BackupElementSelection.CONSENT } as const;

function elementsOf(numbers: readonly number[]): ArchiveElement[] {
  const names = Object.keys(NUMBERS) as ArchiveElement[];
  return numbers.flatMap((number) => names.find((name) => NUMBERS[name] === number) ?? []);
}

/** As a request for an archive carries them. */
export function encodeArchiveOptions(options: ArchiveOptions): ArchiveOptionsProto {
  return create(ArchiveOptionsSchema, {
    elements: options.elements.map((element) => NUMBERS[element]),
    excludeDisappearingMessages: options.excludeDisappearing ?? false,
    ...(options.startNs === undefined ? {} : { startNs: options.startNs }),
    ...(options.endNs === undefined ? {} : { endNs: options.endNs }),
  });
}

/** What is not known here is left out. */
export function decodeArchiveOptions(options: ArchiveOptionsProto): ArchiveOptions {
  const { startNs, endNs, excludeDisappearingMessages: excludeDisappearing } = options;
  return { elements: elementsOf(options.elements), startNs, endNs, excludeDisappearing };
}

/** The first record. */
export function metadataRecord(options: ArchiveOptions, exportedAtNs: bigint): BackupMetadataSave {
  const { startNs, endNs } = options;
  return create(BackupMetadataSaveSchema, {
    elements: options.elements.map((element) => NUMBERS[element]),
    exportedAtNs,
    ...(startNs === undefined ? {} : { startNs }),
    ...(endNs === undefined ? {} : { endNs }),
  });
}

/** The first record, read. */
export function toArchiveMetadata(record: BackupMetadataSave, version = UNKNOWN_ARCHIVE_VERSION): ArchiveMetadata {
  const { exportedAtNs, startNs, endNs } = record;
  return { version, elements: elementsOf(record.elements), exportedAtNs, startNs, endNs };
}
