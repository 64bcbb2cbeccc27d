/** Archives that other installations have left at a history server: which there are, and taking one in. */
import { toHex, wipe } from '@conclave/crypto';
import type { DeviceSyncReply } from '@conclave/proto';
import type { ArchiveCallOptions } from '../archive/export.js';
import { type ArchiveImport, importArchive } from '../archive/import.js';
import { type ArchiveMetadata, toArchiveMetadata } from '../archive/options.js';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { NS_PER_DAY } from '../host.js';
import { pageSyncMessages } from '../store/device-sync.js';
import { getMessage, type StoredMessage } from '../store/messages.js';
import type { Task } from '../store/tasks.js';
import { syncWelcomes } from '../welcomes/receive.js';
import { decodeSyncContent } from './content.js';
import { requireTransfer } from './requests.js';
import { isHistoryUrl, MAX_DOWNLOADED_ARCHIVE_BYTES } from './transfer.js';

/** An archive that an installation of this inbox has announced. */
export interface AvailableArchive {
  readonly pin: string;
  readonly metadata: ArchiveMetadata;
  /** Lower-case hex. */
  readonly sentByInstallationId: string;
  readonly sentAtNs: bigint;
}

/** Messages read at once. */
const PAGE_SIZE = 100;

/** Announcements of the own inbox since a time, the newest first. Cost: linear in what was said in the sync groups since. */
function* announcements(
  ctx: ClientContext,
  sinceNs: bigint,
): Generator<{ message: StoredMessage; reply: DeviceSyncReply }> {
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const page = pageSyncMessages(ctx.db, sinceNs, offset, PAGE_SIZE);
    for (const message of page) {
      if (message.senderInboxId !== ctx.identity.inboxId) continue;
      const content = decodeSyncContent(message.content);
      if (content?.case === 'reply') yield { message, reply: content.value };
    }
    if (page.length < PAGE_SIZE) return;
  }
}

/** Archives announced in the last days, own ones included, the newest first. Local: synchronise the sync groups before. */
export function listAvailableArchives(ctx: ClientContext, days: number): AvailableArchive[] {
  const sinceNs = ctx.host.nowNs() - BigInt(Math.trunc(days)) * NS_PER_DAY;
  return [...announcements(ctx, sinceNs)].flatMap(({ message, reply }) =>
    reply.metadata === undefined
      ? []
      : {
          pin: reply.requestId,
          metadata: toArchiveMetadata(reply.metadata),
          sentByInstallationId: message.senderInstallationId,
          sentAtNs: message.sentAtNs,
        },
  );
}

/**
 * Fetches and imports the newest archive with this pin, or the newest of all.
 * @throws ClientError `client/archive-not-found`, `client/history-unavailable`, `client/history-server`, `client/archive-too-large`, and
 *   those of `importArchive`
 */
export function takeArchive(ctx: ClientContext, pin?: string, call?: ArchiveCallOptions): Promise<ArchiveImport> {
  for (const { reply } of announcements(ctx, 0n)) {
    if (pin === undefined || reply.requestId === pin) return takeAnnounced(ctx, reply, call);
  }
  throw new ClientError('client/archive-not-found', { pinGiven: pin !== undefined });
}

/** Takes in what a task names. @throws as `takeArchive` */
export async function takeRequestedArchive(ctx: ClientContext, task: Task): Promise<void> {
  const message = getMessage(ctx.db, toHex(task.data));
  const content = message === undefined ? undefined : decodeSyncContent(message.content);
  if (content?.case === 'reply') await takeAnnounced(ctx, content.value);
}

async function takeAnnounced(
  ctx: ClientContext,
  { url, encryptionKey }: DeviceSyncReply,
  call?: ArchiveCallOptions,
): Promise<ArchiveImport> {
  const transfer = requireTransfer(ctx);
  if (encryptionKey?.key.case !== 'aes256Gcm' || !isHistoryUrl(url)) {
    throw new ClientError('client/archive-invalid', { structure: 'announcement' });
  }
  const key = encryptionKey.key.value.slice();
  // Conversations that we can join for real are not to be restored without keys.
  await syncWelcomes(ctx);
  try {
    const archive = await transfer.download(url, MAX_DOWNLOADED_ARCHIVE_BYTES);
    return await importArchive(ctx, () => once(archive), key, call);
  } finally {
    wipe(key);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
