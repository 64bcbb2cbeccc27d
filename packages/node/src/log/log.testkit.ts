/** Logs in temporary directories, and entries to put into them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { DEFAULT_LIMITS, type NodeLimits } from '../limits.js';
import type { GroupMessageEntry, Log, WelcomeEntry } from './log.js';
import { openSqliteLog } from './sqlite/sqlite-log.js';

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup();
});

/** Runs after the test, last first. */
export function onCleanup(cleanup: () => Promise<void> | void): void {
  cleanups.push(cleanup);
}

/** A directory that is removed after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'conclave-node-'));
  onCleanup(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A log on this thread, closed after the test. */
export async function openTestLog(
  options: { dataDir?: string; nowNs?: () => bigint; limits?: Partial<NodeLimits> } = {},
): Promise<Log> {
  const log = await openSqliteLog({
    dataDir: options.dataDir ?? temporaryDirectory(),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    nowNs: options.nowNs ?? (() => 1_000_000n),
    storage: 'inline',
  });
  onCleanup(() => log.close());
  return log;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function groupEntry(group: string, data: string, fields: Partial<GroupMessageEntry> = {}): GroupMessageEntry {
  return {
    kind: 'group',
    topic: bytes(group),
    data: bytes(data),
    senderHmac: bytes('hmac'),
    shouldPush: true,
    isCommit: false,
    ...fields,
  };
}

export function welcomeEntry(installation: string, data: string, fields: Partial<WelcomeEntry> = {}): WelcomeEntry {
  return {
    kind: 'welcome',
    topic: bytes(installation),
    form: 'v1',
    data: bytes(data),
    hpkePublicKey: bytes('hpke'),
    wrapperAlgorithm: 1,
    welcomeMetadata: bytes('metadata'),
    ...fields,
  };
}
