/**
 * What an operator does with a node's data, apart from the node so that serving does not wait for it to load.
 *
 * ```ts
 * import { backUp } from '@conclave/node/maintenance';
 * await backUp({ dataDir: './data', to: './backup' });
 * ```
 */

export { type BackupOptions, backUp } from './backup.js';
export { inspectNats, type NatsReport } from './inspect-nats.js';
export { type ConnectionsReport, inspectPostgres, type PostgresReport } from './inspect-postgres.js';
export type { BackupFile, Manifest } from './manifest.js';
export { type MigrationOptions, type MigrationReport, migrateToPostgres } from './migrate-to-postgres.js';
export type { OnProgress, Progress } from './progress.js';
export { type RestoreOptions, restore } from './restore.js';
