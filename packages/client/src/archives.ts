/** Archives of the database: encrypted files that hold conversations, messages and decisions, and no keys. */
import { type ArchiveCallOptions, exportArchive } from './archive/export.js';
import { type ArchiveImport, type ArchiveSource, importArchive, readArchiveMetadata } from './archive/import.js';
import type { ArchiveMetadata, ArchiveOptions } from './archive/options.js';
import type { ClientContext } from './context.js';

/** Writing and reading archives; where their bytes lie is the caller's matter. */
export class Archives {
  readonly #ctx: ClientContext;

  constructor(ctx: ClientContext) {
    this.#ctx = ctx;
  }

  /**
   * The bytes of an archive, as they are made.
   * @param key - 32 bytes
   * @throws ClientError `client/invalid-argument`
   */
  export(options: ArchiveOptions, key: Uint8Array, call?: ArchiveCallOptions): AsyncGenerator<Uint8Array> {
    return exportArchive(this.#ctx, options, key, call);
  }

  /** Takes in an archive whole, or nothing of it. @throws as `importArchive` of archive/import.ts */
  import(source: ArchiveSource, key: Uint8Array, call?: ArchiveCallOptions): Promise<ArchiveImport> {
    return importArchive(this.#ctx, source, key, call);
  }

  /** What an archive says about itself. @throws as `readArchiveMetadata` of archive/import.ts */
  metadata(source: ArchiveSource, key: Uint8Array): Promise<ArchiveMetadata> {
    return readArchiveMetadata(this.#ctx, source, key);
  }
}
