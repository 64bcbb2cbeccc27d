/** Writing an archive out of the database, page by page: memory does not grow with the history (libxmtp 1.10.0, `ArchiveExporter`). */
import { type BackupElement, BackupElementSchema, create, type MessageInitShape } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { countArchiveRows, pageConversations, pageMessages } from '../store/archive-rows.js';
import { listConsentRecords } from '../store/consent.js';
import { toConsentSave } from './consent-save.js';
import { toGroupSave } from './group-save.js';
import { toMessageSave } from './message-save.js';
import { type ArchiveElement, type ArchiveOptions, metadataRecord } from './options.js';
import { requireArchiveKey, sealArchive } from './records.js';

/** How far writing or reading an archive has come. */
export interface ArchiveProgress {
  /** `check` reads the whole archive before `import` stores any of it. */
  readonly phase: 'export' | 'check' | 'import';
  /** Records done. */
  readonly records: number;
  /** Records in all; undefined while that is not known. */
  readonly total?: number | undefined;
}

/** What may be told while an archive is written or read. */
export interface ArchiveCallOptions {
  /** Called after each page. */
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined;
  /** Stops the work with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Records read from the database at once. */
const PAGE_SIZE = 100;

/**
 * The bytes of an archive, as they are made. What changes in the database meanwhile may be in it or not.
 * @param key - 32 bytes; whoever has them reads the archive
 * @throws ClientError `client/invalid-argument` at once, when the key has another length
 * Cost: linear in the records; a page of them in memory.
 */
export function exportArchive(
  ctx: ClientContext,
  options: ArchiveOptions,
  key: Uint8Array,
  call: ArchiveCallOptions = {},
): AsyncGenerator<Uint8Array> {
  requireArchiveKey(key);
  return sealArchive(withProgress(elementsOf(ctx, options), totalOf(ctx, options), call), key, {
    crypto: ctx.crypto,
    random: ctx.host.random,
  });
}

function totalOf(ctx: ClientContext, options: ArchiveOptions): number {
  const { conversations, messages, consents } = countArchiveRows(ctx.db, { ...options, nowNs: ctx.host.nowNs() });
  const counts: Record<ArchiveElement, number> = { messages: conversations + messages, consent: consents };
  return options.elements.reduce((sum, element) => sum + counts[element], 0);
}

async function* withProgress(
  pages: Generator<BackupElement[]>,
  total: number,
  { onProgress, signal }: ArchiveCallOptions,
): AsyncGenerator<BackupElement> {
  // The metadata is a record of the format, and none of the history.
  let records = -1;
  for (const page of pages) {
    signal?.throwIfAborted();
    yield* page;
    records += page.length;
    onProgress?.({ phase: 'export', records, total });
  }
}

function* elementsOf(ctx: ClientContext, options: ArchiveOptions): Generator<BackupElement[]> {
  const nowNs = ctx.host.nowNs();
  yield [elementOf('metadata', metadataRecord(options, nowNs))];
  for (const element of options.elements) {
    if (element === 'consent') yield* consentPages(ctx);
    else {
      // Conversations before what was said in them.
      yield* conversationPages(ctx, options);
      yield* messagePages(ctx, options, nowNs);
    }
  }
}

type Element = NonNullable<MessageInitShape<typeof BackupElementSchema>['element']>;

function elementOf<Case extends Element['case']>(
  name: Case,
  value: Extract<Element, { case: Case }>['value'],
): BackupElement {
  return create(BackupElementSchema, { element: { case: name, value } as Element });
}

function* consentPages(ctx: ClientContext): Generator<BackupElement[]> {
  const records = listConsentRecords(ctx.db);
  for (let start = 0; start < records.length; start += PAGE_SIZE) {
    yield records.slice(start, start + PAGE_SIZE).map((record) => elementOf('consent', toConsentSave(record)));
  }
}

function* conversationPages(ctx: ClientContext, options: ArchiveOptions): Generator<BackupElement[]> {
  for (let after = ''; ; ) {
    const page = pageConversations(ctx.db, after, PAGE_SIZE, options);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.flatMap((row) => {
      // Without the state of the group there is no name to write.
      const group = ctx.liveGroups.find(row.id);
      return group === undefined ? [] : [elementOf('group', toGroupSave(row, group.payloads))];
    });
    after = last.id;
  }
}

function* messagePages(ctx: ClientContext, options: ArchiveOptions, nowNs: bigint): Generator<BackupElement[]> {
  for (let after = -1n; ; ) {
    const page = pageMessages(ctx.db, after, PAGE_SIZE, { ...options, nowNs });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.map((message) => elementOf('groupMessage', toMessageSave(message)));
    after = last.position;
  }
}
