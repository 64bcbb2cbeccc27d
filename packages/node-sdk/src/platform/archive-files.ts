/** Archives as files: written beside their place and moved there when they are complete, read as often as they are asked for. */
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { ArchiveSource } from '@conclave/client';
import { SdkError } from '@conclave/sdk';

const PARTIAL = '.partial';

/** Writes a file. Whatever fails, an older file at the path stays as it was. @throws SdkError `sdk/archive-file` */
export async function writeArchiveFile(path: string, archive: AsyncIterable<Uint8Array>): Promise<void> {
  const partial = path + PARTIAL;
  try {
    const file = await open(partial, 'w', 0o600);
    try {
      for await (const bytes of archive) await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw typed(error);
  }
}

/** The bytes of a file. */
export function archiveFile(path: string): ArchiveSource {
  return async function* () {
    const stream = createReadStream(path);
    try {
      for await (const bytes of stream) yield bytes as Buffer;
    } catch (error) {
      throw typed(error);
    } finally {
      stream.destroy();
    }
  };
}

/** Errors of the file system by their name; all others as they are. */
function typed(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === undefined ? error : new SdkError('sdk/archive-file', { reason: code ?? 'unknown' }, error);
}
