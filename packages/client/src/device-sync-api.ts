/** What an application can ask of the other installations of its inbox. */
import type { ArchiveCallOptions } from './archive/export.js';
import type { ArchiveImport } from './archive/import.js';
import type { ArchiveOptions } from './archive/options.js';
import type { ClientContext } from './context.js';
import type { SyncAllSummary } from './conversations.js';
import { sendPreferences } from './device-sync/outbox.js';
import { sendSyncArchive, sendSyncRequest } from './device-sync/requests.js';
import { type AvailableArchive, listAvailableArchives, takeArchive } from './device-sync/take-archive.js';
import { syncAllGroups } from './groups/sync-all.js';
import { requireRegistered } from './identity/registration.js';
import { listSyncGroups } from './store/device-sync.js';
import { syncWelcomes } from './welcomes/receive.js';

/** Device sync by hand; what happens by itself is the client's tick. */
export class DeviceSync {
  readonly #ctx: ClientContext;

  constructor(ctx: ClientContext) {
    this.#ctx = ctx;
  }

  /**
   * Tells what waits to be told, and takes in what the other installations have said.
   * @throws NetworkError when the node cannot be asked
   */
  async sync(): Promise<SyncAllSummary> {
    const ctx = this.#ctx;
    requireRegistered(ctx);
    if (ctx.options.deviceSync) await sendPreferences(ctx);
    await syncWelcomes(ctx);
    const ids = listSyncGroups(ctx.db).map(({ id }) => id);
    return { eligible: ids.length, synced: (await syncAllGroups(ctx, ids)).length };
  }

  /** Asks the others for an archive; it is imported when it comes. @returns its pin. @throws as `sendSyncRequest` of device-sync/requests.ts */
  request(options: ArchiveOptions, serverUrl: string): Promise<string> {
    requireRegistered(this.#ctx);
    return sendSyncRequest(this.#ctx, options, serverUrl);
  }

  /** Leaves an archive for the others. @throws as `sendSyncArchive` of device-sync/requests.ts */
  sendArchive(pin: string, options: ArchiveOptions, serverUrl: string): Promise<void> {
    requireRegistered(this.#ctx);
    return sendSyncArchive(this.#ctx, pin, options, serverUrl);
  }

  /** Takes in the newest archive with this pin, or the newest of all. @throws as `takeArchive` of device-sync/take-archive.ts */
  async takeArchive(pin?: string, call?: ArchiveCallOptions): Promise<ArchiveImport> {
    return takeArchive(this.#ctx, pin, call);
  }

  /** Archives announced in the last days, as far as they were received. */
  listArchives(days: number): AvailableArchive[] {
    return listAvailableArchives(this.#ctx, days);
  }
}
