/**
 * Reading an archive into the database. It is read twice: first to the end without storing anything, so that a damaged, cut or
 * altered one leaves no trace; then page by page, a transaction each. Importing the same archive again changes nothing, so a crash
 * in between is mended by importing it again.
 */
import type { BackupElement } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { expiryAfter } from '../groups/disappearing.js';
import { type ConsentRecord, mergeConsent } from '../store/consent.js';
import { getConversation, raiseLastMessage } from '../store/conversations.js';
import { insertMessage } from '../store/messages.js';
import { transact } from '../store/transact.js';
import { fromConsentSave } from './consent-save.js';
import type { ArchiveCallOptions } from './export.js';
import { fromGroupSave } from './group-save.js';
import { fromMessageSave } from './message-save.js';
import type { ArchiveMetadata } from './options.js';
import { openArchive } from './records.js';
import { restoreConversation } from './restored-conversation.js';

/** The bytes of an archive, from the beginning each time it is called. */
export type ArchiveSource = () => AsyncIterable<Uint8Array>;

/** What an import brought that was not here before. */
export interface ArchiveImport {
  readonly metadata: ArchiveMetadata;
  /** Conversations that are now here without keys. */
  readonly conversations: number;
  readonly messages: number;
  /** Decisions that changed a state. */
  readonly consents: number;
  /** Records that were passed over: of a kind or with values that are not known here. */
  readonly skipped: number;
}

/** Records stored in one transaction. */
const PAGE_SIZE = 200;

/**
 * What an archive says about itself.
 * @throws as `openArchive`
 * Cost: constant, whatever its length.
 */
export async function readArchiveMetadata(
  ctx: Pick<ClientContext, 'crypto'>,
  source: ArchiveSource,
  key: Uint8Array,
): Promise<ArchiveMetadata> {
  const { metadata, elements } = await openArchive(source(), key, ctx.crypto);
  await elements.return(undefined);
  return metadata;
}

/**
 * Imports an archive: conversations that are not known here become `restored`, messages and decisions are added, decisions only where they
 * are newer. Keys are never part of an archive.
 * @throws ClientError `client/archive-wrong-key`, `client/archive-truncated`, `client/archive-invalid`, `client/archive-newer`; then nothing
 *   was stored. Whatever the source throws
 */
export async function importArchive(
  ctx: ClientContext,
  source: ArchiveSource,
  key: Uint8Array,
  call: ArchiveCallOptions = {},
): Promise<ArchiveImport> {
  const total = await checkArchive(ctx, source, key, call);
  const { metadata, elements } = await openArchive(source(), key, ctx.crypto);
  const target = new ImportTarget(ctx);
  let page: BackupElement[] = [];
  let records = 0;
  const store = (): void => {
    records += page.length;
    target.store(page);
    page = [];
    call.onProgress?.({ phase: 'import', records, total });
  };
  for await (const element of elements) {
    page.push(element);
    if (page.length < PAGE_SIZE) continue;
    call.signal?.throwIfAborted();
    store();
    // Others on this thread have their turn.
    await ctx.host.delay(0);
  }
  store();
  const { conversations, messages, consents, skipped } = target;
  ctx.events.emit({ type: 'history-imported', conversations, messages, consents });
  return { metadata, conversations, messages, consents, skipped };
}

/** Reads to the end. @returns the number of records behind the metadata */
async function checkArchive(
  ctx: ClientContext,
  source: ArchiveSource,
  key: Uint8Array,
  { onProgress, signal }: ArchiveCallOptions,
): Promise<number> {
  const { elements } = await openArchive(source(), key, ctx.crypto);
  let records = 0;
  for await (const { element } of elements) {
    if (element.case === 'metadata') throw new ClientError('client/archive-invalid', { structure: 'metadata' });
    records += 1;
    if (records % PAGE_SIZE !== 0) continue;
    signal?.throwIfAborted();
    onProgress?.({ phase: 'check', records });
  }
  return records;
}

/** Where records go, and what came of them. */
class ImportTarget {
  conversations = 0;
  messages = 0;
  consents = 0;
  skipped = 0;
  readonly #ctx: ClientContext;

  constructor(ctx: ClientContext) {
    this.#ctx = ctx;
  }

  store(elements: readonly BackupElement[]): void {
    const before = { ...this };
    try {
      transact(this.#ctx, (emit) => {
        // A transaction may be tried again after SQLITE_BUSY: only the last try counts.
        Object.assign(this, before);
        const decisions = elements.flatMap((element) => this.#storeOne(element) ?? []);
        const changed = mergeConsent(this.#ctx.db, decisions);
        this.consents += changed.length;
        if (changed.length > 0) emit({ type: 'consent-changed', records: changed });
      });
    } catch (error) {
      Object.assign(this, before);
      throw error;
    }
  }

  /** @returns a decision, which is merged with the others of its page */
  #storeOne({ element }: BackupElement): ConsentRecord | undefined {
    switch (element.case) {
      case 'consent': {
        const record = fromConsentSave(element.value);
        if (record === undefined) this.skipped += 1;
        return record;
      }
      case 'group':
        this.#storeConversation(element.value);
        return undefined;
      case 'groupMessage':
        this.#storeMessage(element.value);
        return undefined;
      default:
        this.skipped += 1;
        return undefined;
    }
  }

  #storeConversation(save: Parameters<typeof fromGroupSave>[0]): void {
    const archived = fromGroupSave(save);
    if (archived === undefined) {
      this.skipped += 1;
    } else if (getConversation(this.#ctx.db, archived.id) !== undefined) {
      // What we have from the group itself is newer than any archive.
      if (archived.lastMessageNs !== undefined) raiseLastMessage(this.#ctx.db, archived.id, archived.lastMessageNs);
    } else if (restoreConversation(this.#ctx, archived)) {
      this.conversations += 1;
    } else {
      this.skipped += 1;
    }
  }

  #storeMessage(save: Parameters<typeof fromMessageSave>[0]): void {
    const insertedAtNs = this.#ctx.host.nowNs();
    const message = fromMessageSave(save, { insertedAtNs });
    const conversation = message === undefined ? undefined : getConversation(this.#ctx.db, message.groupId);
    if (message === undefined || conversation === undefined) {
      this.skipped += 1;
      return;
    }
    // A message that was to disappear does so here too, counted from now, as for one that is received now.
    const { disappearFromNs = 0n, disappearInNs = 0n } = conversation;
    const disappears = disappearFromNs > 0n && disappearInNs > 0n && message.sentAtNs >= disappearFromNs;
    const row = disappears ? { ...message, expireAtNs: expiryAfter(insertedAtNs, disappearInNs) } : message;
    if (insertMessage(this.#ctx.db, row)) this.messages += 1;
  }
}
