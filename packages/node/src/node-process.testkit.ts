/** The built node in a process of its own, as an operator runs it: database threads, signals, real crashes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { NodeOptions } from './config.js';
import { onCleanup } from './log/log.testkit.js';

const BUILT = fileURLToPath(new URL('../dist/index.js', import.meta.url));

const PROGRAM = `
const { startNode } = await import(process.env.NODE_UNDER_TEST);
const options = JSON.parse(process.env.NODE_OPTIONS_JSON);
const say = (value) => console.log(JSON.stringify(value));
try {
  const node = await startNode({ grpc: '127.0.0.1:0', web: '127.0.0.1:0', logLevel: 'error', ...options });
  process.once('SIGTERM', () => node.stop());
  say({ grpcAddress: node.grpcAddress, webAddress: node.webAddress });
} catch (error) {
  say({ failure: error.code });
}
`;

export interface NodeProcess {
  readonly grpcAddress: string;
  readonly webAddress: string;
  /** What it has logged so far. */
  log(): string;
  /** Sends the signal and resolves with the exit code (null when the signal ended it) once the process is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts the build; `npm run build` makes it. Rejects with the code of what `startNode` failed with. */
export async function startNodeProcess(dataDir: string, options: Partial<NodeOptions> = {}): Promise<NodeProcess> {
  if (!existsSync(BUILT)) throw new TypeError('packages/node is not built: run `npm run build` first');
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_UNDER_TEST: BUILT, NODE_OPTIONS_JSON: JSON.stringify({ dataDir, ...options }) },
  });
  let logged = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    logged += text;
    if (options.logLevel === undefined) process.stderr.write(text);
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return exited;
  };
  onCleanup(async () => void (await end('SIGKILL')));
  const line = once(createInterface({ input: child.stdout! }), 'line').then(([text]) => text as string);
  const first = await Promise.race([line, exited]);
  if (typeof first !== 'string') throw new TypeError(`the node ended with ${first} before it was ready`);
  const said = JSON.parse(first) as Omit<NodeProcess, 'end' | 'log'> & { readonly failure?: string };
  if (said.failure !== undefined) throw new TypeError(`${said.failure}, exit code ${await exited}`);
  return { ...said, end, log: () => logged };
}
