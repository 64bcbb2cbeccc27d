/** `backup`: the history of this inbox as an encrypted file, and back. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ConclaveError, fromHex, toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import type { ArchiveMetadata, ArchiveOptions, ArchiveProgress, Client } from '@conclave/node-sdk';
import { ALL_STATES } from '../consent.js';
import { CliError } from '../errors.js';
import { withSession } from '../session.js';
import type { PersonOptions } from '../settings.js';
import type { World } from '../world.js';

/** Bytes of the key of an archive. */
const KEY_LENGTH = 32;
/** Steps in which progress is told, percent. */
const STEP = 10;

/** Options of all three. */
export interface BackupOptions extends PersonOptions {
  /** Default: the archive's path with `.key` behind it. */
  readonly keyFile?: string;
}

/** Options of `backup export`. */
export interface BackupExportOptions extends BackupOptions {
  readonly only?: 'messages' | 'consent';
  /** ISO 8601. */
  readonly since?: string;
  readonly until?: string;
  /** False with `--no-disappearing`. */
  readonly disappearing: boolean;
}

/** Writes the archive, and a new key beside it unless there is one. */
export async function backupExport(file: string, options: BackupExportOptions, world: World): Promise<void> {
  const archiveOptions = toArchiveOptions(options);
  const keyFile = keyFileOf(file, options);
  const isNewKey = !existsSync(keyFile);
  await withSession(options, world, 'try', async ({ client }) => {
    const key = isNewKey ? newKey(keyFile) : readKey(keyFile);
    await client.createArchive(file, key, archiveOptions, { onProgress: progress(world) });
    const metadata = await client.archiveMetadata(file, key);
    world.output.result({ file, keyFile, isNewKey, ...metadataValue(metadata) }, () => [
      `Written to ${file}.`,
      `Its key is in ${keyFile}. Whoever has both can read everything; without the key nobody can, neither can you.`,
    ]);
  });
}

/** Reads an archive into this installation. */
export async function backupImport(file: string, options: BackupOptions, world: World): Promise<void> {
  const key = readKey(keyFileOf(file, options));
  await withSession(options, world, 'try', async ({ client, isOnline }) => {
    const { conversations, messages, consents, skipped } = await client.importArchive(file, key, {
      onProgress: progress(world),
    });
    if (isOnline) await learnPeers(client);
    world.output.result({ file, conversations, messages, consents, skipped }, () => [
      `New here: ${count(conversations, 'conversation')}, ${count(messages, 'message')}, ${count(consents, 'decision')}.`,
      ...(skipped > 0
        ? [`Passed over, as this version does not know what they mean: ${count(skipped, 'record')}.`]
        : []),
    ]);
  });
}

/** An archive names people by their inboxes alone; by their addresses they are known once the node was asked. */
async function learnPeers(client: Client): Promise<void> {
  const peers = client.conversations.listDms({ consentStates: ALL_STATES }).map(({ peerInboxId }) => peerInboxId);
  try {
    await client.preferences.fetchInboxStates(peers);
  } catch (error) {
    // What was imported is here all the same.
    if (!(error instanceof ConclaveError)) throw error;
  }
}

/** Tells what an archive holds. */
export async function backupInfo(file: string, options: BackupOptions, world: World): Promise<void> {
  const key = readKey(keyFileOf(file, options));
  await withSession(options, world, 'none', async ({ client }) => {
    const metadata = await client.archiveMetadata(file, key);
    const value = { file, ...metadataValue(metadata) };
    world.output.result(value, () => [
      `holds    ${value.elements.join(', ').toLowerCase()}`,
      `written  ${dateOf(metadata.exportedAtNs)}`,
      ...(metadata.startNs === undefined ? [] : [`from     ${dateOf(metadata.startNs)}`]),
      ...(metadata.endNs === undefined ? [] : [`until    ${dateOf(metadata.endNs)}`]),
      `version  ${metadata.backupVersion}`,
    ]);
  });
}

function toArchiveOptions({ only, since, until, disappearing }: BackupExportOptions): ArchiveOptions {
  const startNs = since === undefined ? undefined : timeOf('--since', since);
  const endNs = until === undefined ? undefined : timeOf('--until', until);
  return {
    elements: only === 'messages' ? ['Messages'] : only === 'consent' ? ['Consent'] : ['Consent', 'Messages'],
    excludeDisappearingMessages: !disappearing,
    ...(startNs === undefined ? {} : { startNs }),
    ...(endNs === undefined ? {} : { endNs }),
  };
}

function timeOf(option: string, text: string): bigint {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new CliError('cli/usage', { reason: `${option} takes a date such as 2026-01-31` });
  return BigInt(ms) * 1_000_000n;
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const dateOf = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString();

const keyFileOf = (file: string, { keyFile }: BackupOptions): string => keyFile ?? `${file}.key`;

/** 64 hex digits, readable by the owner alone. */
function newKey(path: string): Uint8Array {
  const key = nodeCrypto.random(KEY_LENGTH);
  try {
    writeFileSync(path, `${toHex(key)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new CliError('cli/key-file-not-written', { file: path }, error);
  }
  return key;
}

function readKey(path: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CliError('cli/unreadable-file', { file: path }, error);
  }
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new CliError('cli/bad-key-file', { file: path });
  return fromHex(text.toLowerCase());
}

function metadataValue({ backupVersion, elements, exportedAtNs, startNs, endNs }: ArchiveMetadata) {
  return { backupVersion, elements, exportedAtNs, startNs: startNs ?? null, endNs: endNs ?? null };
}

const PHASES = { export: 'Writing', check: 'Checking', import: 'Importing' } as const;

/** Says how far it is, ten times at most where the end is known. */
function progress({ output }: World): (step: ArchiveProgress) => void {
  let told = 0;
  let phase: ArchiveProgress['phase'] | undefined;
  return (step) => {
    if (step.phase !== phase) told = 0;
    phase = step.phase;
    if (step.total === undefined || step.total === 0) return;
    const percent = Math.floor((step.records / step.total) * 100);
    if (percent < told + STEP) return;
    told = percent - (percent % STEP);
    output.note(`${PHASES[step.phase]}: ${told} % of ${step.total} records`);
  };
}
