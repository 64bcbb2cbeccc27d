/**
 * A PostgreSQL server of the tests' own: a cluster in a temporary directory, on a free port of the loopback interface, with
 * databases made as tests ask for them, and killed the way machines kill servers.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { TestingError } from '../errors.js';

/** Oldest server that is supported. */
const MINIMUM_VERSION = 15;
const OWNER = 'conclave';

/** Folder of `initdb` and `postgres`: what CONCLAVE_POSTGRES_BIN names, a package's folder, or the PATH's. */
export const POSTGRES_BIN: string | undefined = findBinaries();

/** What to say when there is no server to test with. */
export const POSTGRES_MISSING =
  'PostgreSQL 15 or newer is not installed (Debian: apt-get install postgresql); the tests that need it do not run.';

function findBinaries(): string | undefined {
  const packaged = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, 'bin')) : [],
  );
  const named = process.env.CONCLAVE_POSTGRES_BIN;
  const folders = [...(named === undefined ? [] : [named]), ...packaged, ...(process.env.PATH ?? '').split(':')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && versionOf(folder) >= MINIMUM_VERSION);
}

function versionOf(folder: string): number {
  const { stdout } = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
  return Number(/(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

/** The server refuses to run as root; root runs it as somebody else. */
function unprivileged(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = users.find((user) => user.startsWith('postgres:')) ?? users.find((user) => user.startsWith('nobody:'));
  const [, , uid, gid] = (line ?? '').split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** A port of the loopback interface that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A running server. */
export class PostgresServer {
  readonly #directory: string;
  readonly #port: number;
  readonly #user = unprivileged();
  readonly #environment = { ...process.env, LC_ALL: 'C' };
  #databases = 0;
  #process: ReturnType<typeof spawn> | undefined;

  readonly #durable: boolean;

  private constructor(directory: string, port: number, durable: boolean) {
    this.#directory = directory;
    this.#port = port;
    this.#durable = durable;
  }

  /**
   * Makes a cluster and starts its server.
   * @param options.durable whether a commit waits for the disk. Tests kill processes, never the machine, and what was
   *   written is then kept by the system; a benchmark wants the whole price
   */
  static async start({ durable = false } = {}): Promise<PostgresServer> {
    if (POSTGRES_BIN === undefined) throw new TestingError('testing/no-server', { reason: POSTGRES_MISSING });
    const directory = mkdtempSync(join(tmpdir(), 'conclave-postgres-'));
    const server = new PostgresServer(directory, await freePort(), durable);
    const { uid, gid } = server.#user;
    if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid);
    const options = ['--no-sync', '--auth=trust', '--encoding=UTF8', '--locale=C', `--username=${OWNER}`];
    execFileSync(join(POSTGRES_BIN, 'initdb'), ['-D', server.#data, ...options], {
      ...server.#user,
      env: server.#environment,
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await server.startServer();
    return server;
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }

  /** Where a database of this server is; without a name, the one that is always there. */
  url(database = 'postgres'): string {
    return `postgres://${OWNER}@127.0.0.1:${this.#port}/${database}`;
  }

  /** A new, empty database. */
  async createDatabase(): Promise<string> {
    this.#databases++;
    const name = `test_${this.#databases}`;
    await this.run(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** Runs a statement as the server's owner. */
  async run(statement: string, url = this.url()): Promise<readonly Record<string, unknown>[]> {
    const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => undefined });
    try {
      return [...(await sql.unsafe(statement))];
    } finally {
      await sql.end();
    }
  }

  /** Starts the server and resolves when it takes connections. */
  async startServer(): Promise<void> {
    const settings = [
      ['listen_addresses', '127.0.0.1'],
      ['port', String(this.#port)],
      ['unix_socket_directories', this.#directory],
      ['shared_buffers', '256MB'],
      ['max_connections', '200'],
      ['fsync', this.#durable ? 'on' : 'off'],
      ['max_wal_size', '4GB'],
      ['log_min_messages', 'fatal'],
    ];
    const server = spawn(
      join(POSTGRES_BIN as string, 'postgres'),
      ['-D', this.#data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...this.#user, env: this.#environment, cwd: this.#directory, stdio: 'ignore' },
    );
    this.#process = server;
    process.once('exit', () => server.kill('SIGKILL'));
    const ended = once(server, 'exit').then(([code]) => {
      throw new TestingError('testing/no-server', { server: 'postgres', exitCode: code });
    });
    const ready = this.#ready();
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
  }

  async #ready(): Promise<void> {
    const sql = postgres(this.url(), { max: 1, fetch_types: false, backoff: () => 0.02, connect_timeout: 2 });
    try {
      for (;;) {
        const answered = await sql`SELECT 1`.then(
          () => true,
          () => false,
        );
        if (answered) return;
      }
    } finally {
      await sql.end();
    }
  }

  /** SIGKILL to the server and all that it started, as a machine's end would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops the server's listening process; connections that are open stay open and are served. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  /** Ends the server and removes the cluster. */
  async stop(): Promise<void> {
    await this.#end('SIGQUIT');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #end(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    const server = this.#process;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    const children = signal === 'SIGKILL' ? childrenOf(server.pid) : [];
    server.kill(signal);
    for (const child of children) isAlive(child, 'SIGKILL');
    await exited;
    // A new server refuses to start while one of them still holds the shared memory of the old one.
    while (children.some((child) => isAlive(child, 0))) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Sends a signal; false when there is no such process any more. */
function isAlive(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function childrenOf(parent: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const processes = stdout ? stdout.trim().split('\n') : readdirSync('/proc').flatMap(processOfSystem);
  return processes
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (ppid === parent && pid !== undefined ? [pid] : []));
}

/** `pid ppid` out of /proc, for machines without `ps`. */
function processOfSystem(entry: string): string[] {
  try {
    const status = readFileSync(`/proc/${Number(entry)}/status`, 'utf8');
    return [`${entry} ${/^PPid:\s+(\d+)/m.exec(status)?.[1]}`];
  } catch {
    return [];
  }
}
