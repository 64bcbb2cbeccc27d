/**
 * `manifest.json` of a backup: which files belong to it, and their SHA-256. It is written last; a folder without one is no
 * backup.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeError } from '../errors.js';

/** Name of the manifest inside a backup. */
export const MANIFEST_FILE = 'manifest.json';

/** Version of the format. */
export const BACKUP_FORMAT = 1;

/** One file of a backup; the path is relative, with `/`. */
export interface BackupFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a backup says of itself. */
export interface Manifest {
  readonly format: number;
  readonly store: 'sqlite' | 'postgres';
  readonly nodeVersion: string;
  /** Of the tables. */
  readonly schemaVersion: number;
  readonly takenAt: string;
  readonly files: readonly BackupFile[];
}

/** Size and SHA-256 of a file below a folder. */
export async function describeFile(folder: string, path: string): Promise<BackupFile> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(join(folder, path))) hash.update(chunk as Buffer);
  const { size } = await stat(join(folder, path));
  return { path, bytes: size, sha256: hash.digest('hex') };
}

/** @throws NodeError `node/not-a-backup` */
export async function readManifest(folder: string): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8')) as Manifest;
  } catch (cause) {
    throw new NodeError('node/not-a-backup', { folder }, cause);
  }
  const known = manifest.format === BACKUP_FORMAT && (manifest.store === 'sqlite' || manifest.store === 'postgres');
  if (!known || !Array.isArray(manifest.files)) throw new NodeError('node/not-a-backup', { folder });
  const isSafe = ({ path }: BackupFile) =>
    /^(?:node\.db|database\.dump|history\/[0-9a-f]{1,64}|invites\/[0-9a-f]{8,128}\/[0-9a-f-]{1,64})$/.test(path);
  if (!manifest.files.every(isSafe)) throw new NodeError('node/not-a-backup', { folder });
  return manifest;
}

/** Reads every file and compares. @throws NodeError `node/backup-damaged` */
export async function verifyFiles(folder: string, files: readonly BackupFile[]): Promise<void> {
  for (const file of files) {
    const found = await describeFile(folder, file.path).catch(() => undefined);
    if (found?.sha256 !== file.sha256) throw new NodeError('node/backup-damaged', { file: file.path });
  }
}
