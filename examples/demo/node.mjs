// A node as its own process, on ports that nobody uses.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../packages/cli/bin/conclave.js', import.meta.url));

/** A port that nobody uses at this moment. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a node as its own process; resolves with it when it says that it is ready. */
export async function startNode(home, ports) {
  const from = performance.now();
  const args = ['node', 'start', '--data', join(home, 'node')];
  args.push('--grpc', `127.0.0.1:${ports.grpc}`, '--web', `127.0.0.1:${ports.web}`);
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ready = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the node ended with code ${code}`)));
    child.stdout.once('data', (line) => resolve(String(line).trim()));
  });
  return { child, ready, ms: performance.now() - from };
}

/** @returns its exit code */
export async function stopNode({ child }) {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return ended;
}
