/** The built command in processes of its own, as people and scripts run it: one-off commands, nodes, chats. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const CLI = fileURLToPath(new URL('../bin/conclave.js', import.meta.url));
const BUILT = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Whoever waits longer for a line waits in vain: shorter than a test may take, so that it is told what came instead. */
const DEADLINE_MS = 50_000;

/** Starting a node and registering people takes a second, or many on a busy machine. */
export const HOOK_TIMEOUT_MS = 60_000;

const cleanups: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) await cleanup();
});

/** What a command left behind. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. `input` is what it can read. */
export async function conclave(args: readonly string[], { env = {}, input = '' } = {}): Promise<Run> {
  const child = start(args, env, ['pipe', 'pipe', 'pipe']);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin?.on('error', () => {}).end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

function start(args: readonly string[], env: Record<string, string>, stdio: SpawnOptions['stdio']): ChildProcess {
  if (!existsSync(BUILT)) throw new TypeError('packages/cli is not built: run `npm run build` first');
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: stdio as 'pipe',
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env },
  });
  cleanups.push(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return child;
}

/** A folder that is gone after the tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-cli-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A node, started by `conclave node start`. */
export class NodeProcess {
  readonly #dataDir: string;
  readonly #port: number;
  readonly #options: readonly string[];
  readonly #environment: Record<string, string>;
  #child: ChildProcess | undefined;
  #stderr = '';
  #onSaid: () => void = () => undefined;
  web = '';

  constructor(
    dataDir: string,
    port: number,
    options: readonly string[] = [],
    environment: Record<string, string> = {},
  ) {
    this.#environment = environment;
    this.#dataDir = dataDir;
    this.#port = port;
    this.#options = options;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  /** Resolves when it is ready, with the line that says so. May be called again after `stop`. */
  async start(): Promise<string> {
    const args = ['node', 'start', '--data', this.#dataDir, '--grpc', this.address, '--web', '127.0.0.1:0'];
    const child = start([...args, '--log-level', 'error', ...this.#options], this.#environment, [
      'ignore',
      'pipe',
      'pipe',
    ]);
    this.#child = child;
    this.#stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#onSaid();
    });
    const ready = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
    const [line] = (await Promise.race([ready, once(child, 'close').then(() => [])])) as [string?];
    if (line === undefined) throw new TypeError(`the node did not start: ${this.#stderr}`);
    this.web = / web (\S+)/.exec(line)?.[1] ?? '';
    return line;
  }

  /** Sends a signal that does not end it. */
  signal(signal: 'SIGHUP'): void {
    this.#child?.kill(signal);
  }

  /** Resolves once such a thing stands in its log. */
  async says(wanted: RegExp): Promise<void> {
    while (!wanted.test(this.#stderr)) {
      await new Promise<void>((resolve) => {
        this.#onSaid = resolve;
      });
    }
  }

  /** Ends it as an operator does. @returns the exit code */
  async stop(): Promise<number | null> {
    const child = this.#child as ChildProcess;
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill('SIGTERM');
    return (await exited)[0];
  }
}

/** Starts a node on a port of its own, with its data in a folder of its own or in the one that is given. */
export async function startNode(data = join(temporaryFolder(), 'node'), options?: string[]): Promise<NodeProcess> {
  const node = new NodeProcess(data, await freePort(), options);
  await node.start();
  return node;
}

/** Somebody with a database; every command of theirs goes to the same node. */
export class Person {
  readonly db: string;
  readonly node: string;
  address = '';
  inboxId = '';

  constructor(db: string, node: string) {
    this.db = db;
    this.node = node;
  }

  /** The command line with this person's database and node. */
  args(...args: string[]): string[] {
    return [...args, '--db', this.db, '--node', this.node];
  }

  run(...args: string[]): Promise<Run> {
    return conclave(this.args(...args));
  }

  /** Runs with `--json`; the object, when it succeeded with nothing on stderr. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests assert the shape of what comes out.
  async json(...args: string[]): Promise<any> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (code !== 0 || stderr !== '') throw new TypeError(`${args.join(' ')} exited with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Runs with `--json`; exit code and error code of one that must fail with nothing on stdout. */
  async failure(...args: string[]): Promise<[number | null, string]> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (stdout !== '') throw new TypeError(`${args.join(' ')} printed ${stdout}`);
    return [code, (JSON.parse(stderr.trim().split('\n').at(-1) as string) as FailureObject).error.code];
  }

  /** Makes a throw-away key and registers. */
  async init(): Promise<this> {
    const { address, inboxId } = await this.json('init', '--throw-away');
    this.address = address;
    this.inboxId = inboxId;
    return this;
  }

  /** Opens a chat over pipes. */
  chat(...args: string[]): ChatProcess {
    return new ChatProcess(start(this.args('chat', ...args), {}, ['pipe', 'pipe', 'pipe']));
  }
}

interface FailureObject {
  readonly error: { readonly code: string };
}

/** Registers people beside each other. */
export function people(node: string, ...names: string[]): Promise<Person[]> {
  const folder = temporaryFolder();
  return Promise.all(names.map((name) => new Person(join(folder, `${name}.db3`), node).init()));
}

/** A chat over pipes: lines go in, lines come out and are looked for in order. */
export class ChatProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<number | null>;
  readonly #lines: string[] = [];
  #stderr = '';
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#closed = once(child, 'close').then(([code]) => {
      this.#isClosed = true;
      this.#wake();
      return code as number | null;
    });
  }

  /** What went to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Types a line. */
  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The next line that fits; those before it are passed over. Fails, with what came instead, when the chat ends or nothing comes. */
  async sees(wanted: RegExp): Promise<string> {
    return (await this.seesAll(wanted))[0] as string;
  }

  /** As `sees`, for several lines in whatever order they come. */
  async seesAll(...wanted: RegExp[]): Promise<string[]> {
    const seen: string[] = [];
    const passed: string[] = [];
    const missing = new Set(wanted);
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    deadline.addEventListener('abort', () => this.#wake());
    while (missing.size > 0) {
      const line = await this.#next(deadline);
      if (line === undefined) {
        throw new TypeError(`no line ${[...missing].join(', ')} in:\n${passed.join('\n')}\n${this.#stderr}`);
      }
      const fits = [...missing].find((each) => each.test(line));
      if (fits === undefined) passed.push(line);
      else {
        missing.delete(fits);
        seen[wanted.indexOf(fits)] = line;
      }
    }
    return seen;
  }

  /** Undefined when no more lines come, or none in time. */
  async #next(deadline: AbortSignal): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#isClosed && !deadline.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#lines.shift();
  }

  /** The next event of this name, of a chat with `--json`. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests assert the shape of what comes out.
  async event(name: string): Promise<any> {
    return JSON.parse(await this.sees(new RegExp(`^\\{"event":"${name}"`)));
  }

  /** Lines that came and were not looked at. */
  get rest(): readonly string[] {
    return this.#lines;
  }

  /** Ends the input, as Control-D does. @returns the exit code */
  end(): Promise<number | null> {
    this.#child.stdin?.end();
    return this.#closed;
  }
}
