/** `node backup`, `node restore`, `node migrate`: what an operator does with a node's data. */
import { resolve } from 'node:path';
import { optionsFromSettings } from '@conclave/node';
import { backUp, migrateToPostgres, type Progress, restore } from '@conclave/node/maintenance';
import { CliError } from '../errors.js';
import type { World } from '../world.js';
import { type NodeCommandOptions, settingsOf } from './node.js';

/** Options of `node backup`, beside the settings. */
export type NodeBackupOptions = NodeCommandOptions & { readonly to: string };

/** Options of `node restore`, beside the settings. */
export type NodeRestoreOptions = NodeCommandOptions & { readonly from: string };

/** Options of `node migrate`, beside the settings. */
export type NodeMigrateOptions = NodeCommandOptions & { readonly from: string; readonly to: string };

/** A line at most this often, ms. */
const PATIENCE_MS = 1000;

/** Takes a backup of a node, which may run meanwhile. @throws NodeError `node/invalid-setting`, `node/config-unreadable`, and as `backUp` */
export async function nodeBackup(options: NodeBackupOptions, world: World): Promise<void> {
  const { dataDir, postgres } = dataOf(options, world);
  const folder = resolve(options.to);
  const manifest = await backUp({ dataDir, to: folder, postgres, onProgress: teller(world) });
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  world.output.result({ folder, ...manifest }, () => [
    `Backed up ${mib(bytes)} in ${manifest.files.length} files: ${folder}`,
  ]);
}

/** Restores a backup to where there is nothing yet. @throws as `nodeBackup`, and as `restore` */
export async function nodeRestore(options: NodeRestoreOptions, world: World): Promise<void> {
  const { dataDir, postgres } = dataOf(options, world);
  const manifest = await restore({ from: resolve(options.from), dataDir, postgres, onProgress: teller(world) });
  world.output.result({ dataDir, ...manifest }, () => [`Restored the backup of ${manifest.takenAt} to ${dataDir}`]);
}

/** Copies a node's data from SQLite to PostgreSQL. @throws CliError `cli/usage`, and as `nodeBackup` and `migrateToPostgres` */
export async function nodeMigrate(options: NodeMigrateOptions, world: World): Promise<void> {
  const { from, to } = options;
  if (from !== 'sqlite' || to !== 'postgres') {
    throw new CliError('cli/usage', { reason: 'a node migrates --from sqlite --to postgres' });
  }
  const { dataDir, postgres, postgresShards } = dataOf(options, world);
  if (postgres === undefined) throw new CliError('cli/usage', { reason: '--postgres says where to' });
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  const rows = await migrateToPostgres({
    ...{ dataDir, postgres, postgresShards, signal: stopped.signal, onProgress: teller(world) },
  });
  world.output.result({ dataDir, rows }, () => [
    ...Object.entries(rows).map(([table, count]) => `${String(count).padStart(10)}  ${table}`),
    'Everything is in PostgreSQL. Start the node with --postgres; the SQLite database stays as it is.',
  ]);
}

/** Where a node's data lies, by the same settings as the node itself. */
function dataOf(
  options: NodeCommandOptions,
  world: World,
): { readonly dataDir: string; readonly postgres: string | undefined; readonly postgresShards: number | undefined } {
  const { dataDir, postgres, postgresShards } = optionsFromSettings(settingsOf(options, world));
  return { dataDir: resolve(dataDir), postgres, postgresShards };
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
