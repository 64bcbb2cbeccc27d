/** Asking the other installations for an archive, and answering them (libxmtp 1.10.0). */
import { toHex, wipe } from '@conclave/crypto';
import type { DeviceSyncRequest } from '@conclave/proto';
import { exportArchive } from '../archive/export.js';
import { type ArchiveOptions, decodeArchiveOptions, encodeArchiveOptions, metadataRecord } from '../archive/options.js';
import { ARCHIVE_KEY_LENGTH } from '../archive/records.js';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { syncGroup } from '../groups/sync.js';
import { insertSyncRequest } from '../store/device-sync.js';
import { getMessage } from '../store/messages.js';
import { getTask, type Task } from '../store/tasks.js';
import { decodeSyncContent } from './content.js';
import { publishSyncMessages, queueSyncMessage, requireSyncGroup } from './sync-group.js';
import { type HistoryTransfer, isHistoryUrl } from './transfer.js';

/** What a request without options asks for. */
const EVERYTHING: ArchiveOptions = { elements: ['consent', 'messages'] };
/** Characters of a pin. */
const PIN_LENGTH = 5;
const PIN_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Longest answer of a history server that is taken for the name of a file. */
const MAX_FILE_ID_LENGTH = 256;

/** @throws ClientError `client/history-unavailable` */
export function requireTransfer(ctx: ClientContext): HistoryTransfer {
  if (ctx.history === undefined) throw new ClientError('client/history-unavailable');
  return ctx.history;
}

/** @throws ClientError `client/invalid-argument` */
function requireHistoryUrl(url: string): void {
  if (isHistoryUrl(url)) return;
  throw new ClientError('client/invalid-argument', { parameter: 'serverUrl', reason: 'not an http or https URL' });
}

/**
 * Asks the other installations for an archive. Whichever is online answers; its archive is imported when it comes.
 * @param serverUrl - the history server over which it comes
 * @returns the pin of the request
 * @throws ClientError `client/invalid-argument`; as `createGroup`; NetworkError: the request stays queued
 */
export async function sendSyncRequest(ctx: ClientContext, options: ArchiveOptions, serverUrl: string): Promise<string> {
  requireHistoryUrl(serverUrl);
  const groupId = await requireSyncGroup(ctx);
  await syncGroup(ctx, groupId);
  const pin = newPin(ctx);
  insertSyncRequest(ctx.db, pin, ctx.host.nowNs());
  const value = { pin, serverUrl, options: encodeArchiveOptions(options) };
  queueSyncMessage(ctx, groupId, { case: 'request', value });
  await publishSyncMessages(ctx, groupId);
  return pin;
}

function newPin(ctx: ClientContext): string {
  let pin = '';
  while (pin.length < PIN_LENGTH) {
    // 62 of 256: the rest is drawn again, so that every character is as likely.
    for (const byte of ctx.host.random(PIN_LENGTH)) if (byte < 248) pin += PIN_ALPHABET[byte % PIN_ALPHABET.length];
  }
  return pin.slice(0, PIN_LENGTH);
}

/**
 * Writes an archive, leaves it at the history server, and tells the other installations where it lies and how it opens.
 * @param pin - by which they find it
 * @throws ClientError `client/invalid-argument`, `client/history-unavailable`, `client/history-server`; NetworkError
 */
export async function sendSyncArchive(
  ctx: ClientContext,
  pin: string,
  options: ArchiveOptions,
  serverUrl: string,
): Promise<void> {
  const transfer = requireTransfer(ctx);
  requireHistoryUrl(serverUrl);
  const groupId = await requireSyncGroup(ctx);
  await syncGroup(ctx, groupId);
  const key = ctx.host.random(ARCHIVE_KEY_LENGTH);
  const metadata = metadataRecord(options, ctx.host.nowNs());
  const file = await transfer.upload(serverUrl, exportArchive(ctx, options, key));
  if (file.length > MAX_FILE_ID_LENGTH || !isHistoryUrl(`${serverUrl}/files/${file}`)) {
    throw new ClientError('client/history-server', { reason: 'no name of a file' });
  }
  queueSyncMessage(ctx, groupId, {
    case: 'reply',
    value: {
      requestId: pin,
      url: `${serverUrl}/files/${file}`,
      encryptionKey: { key: { case: 'aes256Gcm', value: key } },
      metadata,
    },
  });
  wipe(key);
  await publishSyncMessages(ctx, groupId);
}

/**
 * Answers one request, unless somebody else has by now.
 * @returns false when it is to be looked at again at the task's new time
 * @throws as `sendSyncArchive`
 */
export async function answerRequest(ctx: ClientContext, task: Task): Promise<boolean> {
  const message = getMessage(ctx.db, toHex(task.data));
  const content = message === undefined ? undefined : decodeSyncContent(message.content);
  if (message === undefined || content?.case !== 'request' || !isHistoryUrl(content.value.serverUrl)) {
    return true;
  }
  requireTransfer(ctx);
  await syncGroup(ctx, message.groupId);
  // What was just read may have dropped the task, or put it off.
  const still = getTask(ctx.db, task.id);
  if (still === undefined) return true;
  if (still.dueNs > ctx.host.nowNs()) return false;
  if (ctx.liveGroups.get(message.groupId).mls.memberCount > 2) {
    queueSyncMessage(ctx, message.groupId, { case: 'acknowledge', value: { requestId: content.value.pin } });
    await publishSyncMessages(ctx, message.groupId);
  }
  await sendSyncArchive(ctx, content.value.pin, optionsOf(content.value), content.value.serverUrl);
  return true;
}

function optionsOf({ options }: DeviceSyncRequest): ArchiveOptions {
  const asked = options === undefined ? EVERYTHING : decodeArchiveOptions(options);
  return asked.elements.length === 0 ? EVERYTHING : asked;
}
