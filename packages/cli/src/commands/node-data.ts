/** `node backup`, `node restore`, `node migrate`: what an operator does with a node's data. */
import { resolve } from 'node:path';
import { backUp, migrateToPostgres, type Progress, restore } from '@conclave/node/maintenance';
import { CliError } from '../errors.js';
import type { World } from '../world.js';

/** Options of `node backup`. */
export interface NodeBackupOptions {
  readonly data: string;
  readonly to: string;
  readonly postgres?: string;
  readonly json?: boolean;
}

/** Options of `node restore`. */
export interface NodeRestoreOptions {
  readonly data: string;
  readonly from: string;
  readonly postgres?: string;
  readonly json?: boolean;
}

/** Options of `node migrate`. */
export interface NodeMigrateOptions {
  readonly from: string;
  readonly to: string;
  readonly data: string;
  readonly postgres?: string;
  readonly postgresShards?: number;
  readonly json?: boolean;
}

/** A line at most this often, ms. */
const PATIENCE_MS = 1000;

/** Takes a backup of a node, which may run meanwhile. @throws NodeError as `backUp` */
export async function nodeBackup(options: NodeBackupOptions, world: World): Promise<void> {
  const { data, to, postgres } = options;
  const folder = resolve(to);
  const manifest = await backUp({ dataDir: resolve(data), to: folder, postgres, onProgress: teller(world) });
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  world.output.result({ folder, ...manifest }, () => [
    `Backed up ${mib(bytes)} in ${manifest.files.length} files: ${folder}`,
  ]);
}

/** Restores a backup to where there is nothing yet. @throws NodeError as `restore` */
export async function nodeRestore(options: NodeRestoreOptions, world: World): Promise<void> {
  const { data, from, postgres } = options;
  const dataDir = resolve(data);
  const manifest = await restore({ from: resolve(from), dataDir, postgres, onProgress: teller(world) });
  world.output.result({ dataDir, ...manifest }, () => [`Restored the backup of ${manifest.takenAt} to ${dataDir}`]);
}

/** Copies a node's data from SQLite to PostgreSQL. @throws CliError `cli/usage`, NodeError as `migrateToPostgres` */
export async function nodeMigrate(options: NodeMigrateOptions, world: World): Promise<void> {
  const { from, to, data, postgres, postgresShards } = options;
  if (from !== 'sqlite' || to !== 'postgres') {
    throw new CliError('cli/usage', { reason: 'a node migrates --from sqlite --to postgres' });
  }
  if (postgres === undefined) throw new CliError('cli/usage', { reason: '--postgres says where to' });
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  const dataDir = resolve(data);
  const rows = await migrateToPostgres({
    ...{ dataDir, postgres, postgresShards, signal: stopped.signal, onProgress: teller(world) },
  });
  world.output.result({ dataDir, rows }, () => [
    ...Object.entries(rows).map(([table, count]) => `${String(count).padStart(10)}  ${table}`),
    'Everything is in PostgreSQL. Start the node with --postgres; the SQLite database stays as it is.',
  ]);
}

function teller(world: World): (progress: Progress) => void {
  let toldMs = performance.now();
  return ({ step, done, total }) => {
    if (performance.now() < toldMs + PATIENCE_MS) return;
    toldMs = performance.now();
    world.output.note(total > 0 ? `${step}: ${done} of ${total}` : `${step}: ${done}`);
  };
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
