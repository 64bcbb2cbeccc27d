/** The lock against other processes, with real ones: each engine's kind of lock, and what is left when the owner is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database, EngineName } from '../database.js';
import { availableEngines, findEngine } from './engines.js';
import { openDatabase } from './open-database.js';

const locked = expect.objectContaining({ code: 'sqlite/locked-by-another-process' });

let folder: string;
let path: string;
let opened: Database[];
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-lock-'));
  path = join(folder, 'test.db3');
  opened = [];
  child = undefined;
});
afterEach(() => {
  child?.kill('SIGKILL');
  for (const database of opened) database.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(engine: EngineName): Database {
  const database = openDatabase({ path, engine, exclusive: true });
  opened.push(database);
  return database;
}

/** Starts a process that runs `script`, prints a line when it is ready, and then stays. */
async function start(script: string): Promise<ChildProcess> {
  child = spawn(process.execPath, ['-e', `${script}; console.log('ready'); setInterval(() => {}, 1000);`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  await once(child.stdout as NodeJS.EventEmitter, 'data');
  return child;
}

async function kill(process: ChildProcess): Promise<void> {
  const exited = once(process, 'exit');
  process.kill('SIGKILL');
  await exited;
}

/** A script that takes the lock with the bare engine, as this package does. */
function holdLock(engine: EngineName): string {
  const lockPath = JSON.stringify(`${path}.process-lock`);
  const module = JSON.stringify(engine === 'node:sqlite' ? engine : createRequire(import.meta.url).resolve(engine));
  const database = engine === 'node:sqlite' ? `require(${module}).DatabaseSync` : `require(${module})`;
  return `new (${database})(${lockPath}).exec('BEGIN EXCLUSIVE')`;
}

describe.each(availableEngines().filter((name) => !findEngine(name)?.singleConnection))('lock of %s', (engine) => {
  it('is refused while another process holds it, and free once that is killed', async () => {
    const other = await start(holdLock(engine));
    expect(() => open(engine)).toThrow(locked);
    await kill(other);
    open(engine).exec('CREATE TABLE t (i)');
  });

  it('is the same through another name of the file', () => {
    open(engine);
    const alias = join(folder, 'alias.db3');
    symlinkSync(path, alias);
    expect(() => openDatabase({ path: alias, engine, exclusive: true })).toThrow(locked);
    symlinkSync(folder, join(folder, 'link'));
    expect(() => openDatabase({ path: join(folder, 'link', 'test.db3'), engine, exclusive: true })).toThrow(locked);
  });
});

describe('lock of node-sqlite3-wasm', () => {
  const engine = 'node-sqlite3-wasm';
  const ownerScript = () => `
    const stat = require('node:fs').existsSync('/proc/self/stat') ? require('node:fs').readFileSync('/proc/self/stat', 'latin1') : undefined;
    const started = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    require('node:fs').writeFileSync(${JSON.stringify(`${path}.owner`)}, process.pid + ' ' + started)`;

  it('is refused while the owner runs, and replaced once it is killed, with what it left behind', async () => {
    open(engine).exec('CREATE TABLE t (i); INSERT INTO t VALUES (1)');
    opened.pop()?.close();
    const other = await start(ownerScript());
    mkdirSync(`${path}.lock`);
    expect(() => open(engine)).toThrow(locked);
    await kill(other);
    expect(open(engine).prepare('SELECT i FROM t').get()).toEqual({ i: 1 });
    expect(() => open(engine)).toThrow(locked);
  });

  it.runIf(process.platform === 'linux')(
    'is replaced when the number of its owner belongs to another process now',
    () => {
      writeFileSync(`${path}.owner`, `${process.ppid} 1`);
      open(engine).exec('CREATE TABLE t (i)');
    },
  );

  it.each(['', 'nonsense', '-1 5', '0 '])('is replaced when its file holds %j', (content) => {
    writeFileSync(`${path}.owner`, content);
    open(engine).exec('CREATE TABLE t (i)');
  });

  it('belongs to one connection even when exclusive is not asked for', () => {
    opened.push(openDatabase({ path, engine }));
    expect(() => openDatabase({ path, engine })).toThrow(locked);
  });
});

describe('busy', () => {
  it.each(availableEngines().filter((name) => !findEngine(name)?.singleConnection))(
    '%s reports a writer in the way as retryable',
    (engine) => {
      const [first, second] = [openDatabase({ path, engine }), openDatabase({ path, engine })] as const;
      opened.push(first, second);
      first.exec('CREATE TABLE t (i)');
      second.pragma('busy_timeout = 0');
      first.transaction(() => {
        first.prepare('INSERT INTO t VALUES (1)').run();
        const blocked = expect.objectContaining({ code: 'sqlite/busy', retryable: true });
        expect(() => second.transaction(() => undefined)).toThrow(blocked);
        expect(() => second.prepare('INSERT INTO t VALUES (2)').run()).toThrow(blocked);
      });
      second.transaction(() => second.prepare('INSERT INTO t VALUES (2)').run());
      expect(first.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 2 });
    },
  );
});
