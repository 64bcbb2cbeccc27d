/** Archives of tests: recorded ones, and bytes in memory as a source. */
import { readFileSync } from 'node:fs';
import { type BackupElement, BackupElementSchema, create, type MessageInitShape } from '@conclave/proto';
import type { ArchiveSource } from './import.js';

/** What `vectors/archive/holds.json` says about the recorded archives. */
export interface RecordedArchive {
  readonly key: string;
  readonly inboxId: string;
  readonly peerInboxId: string;
  readonly exportedAtNs: string;
  readonly conversations: readonly {
    readonly id: string;
    readonly name: string | null;
    readonly description: string | null;
    readonly appData: string | null;
    readonly peerInboxId: string | null;
    readonly createdAtNs: string;
    readonly consentState: number;
    readonly messages: readonly {
      readonly id: string;
      readonly typeId: string;
      readonly senderInboxId: string;
      readonly sentAtNs: string;
    }[];
  }[];
}

const folder = new URL('../../../../vectors/archive/', import.meta.url);

export function recordedArchive(name: 'everything' | 'consent'): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.archive`, folder)));
}

export function recordedHolds(): RecordedArchive {
  return JSON.parse(readFileSync(new URL('holds.json', folder), 'utf8')) as RecordedArchive;
}

/** The bytes in pieces, from the beginning each time. */
export function sourceOf(bytes: Uint8Array, pieceBytes = 1000): ArchiveSource {
  return async function* () {
    for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
  };
}

/** All bytes of an archive that is being made. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

type Init = NonNullable<MessageInitShape<typeof BackupElementSchema>['element']>;

/** A record, also with numbers that have no name. */
export function element(init: { case: NonNullable<Init['case']>; value: object }): BackupElement {
  return create(BackupElementSchema, { element: init as Init });
}

/** Records one after the other. */
export async function* elements(...records: readonly BackupElement[]): AsyncGenerator<BackupElement> {
  yield* records;
}
