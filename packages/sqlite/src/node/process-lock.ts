/**
 * Keeps a database to one connection of one process. Two processes on one client database would reuse message keys, so a
 * second one is refused rather than made to wait.
 *
 * Engines that lock through the operating system hold an exclusive transaction on an empty database beside the real one:
 * the lock ends with the process, however it ends. The wasm engine has no such lock; there the file names its owner, and
 * an owner that no longer runs is replaced.
 */
import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Engine } from '../engine/engine.js';
import { SqliteError } from '../errors.js';

/** Rounds against other processes that replace the same dead owner. */
const MAX_ATTEMPTS = 5;

/** Gives the lock back. */
export type Release = () => void;

/**
 * Takes the lock of the database at `path`.
 * @throws SqliteError `sqlite/locked-by-another-process`, `sqlite/cannot-open` when the lock file cannot be made
 */
export function acquireProcessLock(engine: Engine, path: string): Release {
  const target = canonical(path);
  return engine.singleConnection
    ? acquireOwner(`${target}.owner`)
    : acquireTransaction(engine, `${target}.process-lock`);
}

/** One name per file, whichever links lead to it; the file itself may not exist yet. */
function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return path;
    }
  }
}

function acquireTransaction(engine: Engine, lockPath: string): Release {
  let connection: ReturnType<Engine['open']> | undefined;
  try {
    connection = engine.open(lockPath);
    const held = connection;
    held.exec('PRAGMA busy_timeout = 0');
    held.exec('BEGIN EXCLUSIVE');
    return () => held.close();
  } catch (error) {
    connection?.close();
    const translated = engine.translate(error);
    throw translated.code === 'sqlite/busy'
      ? new SqliteError('sqlite/locked-by-another-process', {}, error)
      : translated;
  }
}

function acquireOwner(ownerPath: string): Release {
  const self = describeOwner(process.pid);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    try {
      writeFileSync(ownerPath, self, { flag: 'wx', mode: 0o600 });
      return () => rmSync(ownerPath, { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new SqliteError('sqlite/cannot-open', { reason: 'the lock file cannot be written' }, cause);
      }
    }
    replaceDeadOwner(ownerPath);
  }
  throw new SqliteError('sqlite/cannot-open', { reason: 'the lock file of a process that ended cannot be replaced' });
}

/** Removes the file of an owner that no longer runs. @throws SqliteError `sqlite/locked-by-another-process` */
function replaceDeadOwner(ownerPath: string): void {
  const recorded = read(ownerPath);
  if (recorded === undefined) return;
  const pid = Number.parseInt(recorded, 10);
  if (pid > 0 && describeOwner(pid) === recorded) throw new SqliteError('sqlite/locked-by-another-process', { pid });
  const aside = `${ownerPath}.${process.pid}`;
  try {
    renameSync(ownerPath, aside);
  } catch {
    return; // Another process was first; the next attempt sees its file.
  }
  // Between reading and renaming another process may have replaced the dead owner by itself: give its file back.
  if (read(aside) !== recorded) {
    renameSync(aside, ownerPath);
    throw new SqliteError('sqlite/locked-by-another-process');
  }
  rmSync(aside, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** `<pid> <start>`: on Linux the start time tells a running owner from another process that got its number later. */
function describeOwner(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, under another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return 'dead';
  }
  // Field 22 of stat; the second, the name, may hold spaces and ends with the last parenthesis.
  const stat = read(`/proc/${pid}/stat`);
  const start = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${start}`;
}
