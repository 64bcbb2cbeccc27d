/** A Conclave node in a process of its own, on free ports, with its data in a folder that goes with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const START_LIMIT_MS = 120_000;

/**
 * Starts the built node as an operator does, with `conclave node start`.
 * @param {{ data?: string, options?: string[] }} [given] a folder that stays, and further options of the command
 * @returns addresses, and `readyMs`: from the start of the process to its line `ready`
 */
export async function startNodeProcess({ data, options = [] } = {}) {
  const folder = data ?? mkdtempSync(join(tmpdir(), 'conclave-bench-node-'));
  const addresses = ['--grpc', '127.0.0.1:0', '--web', '127.0.0.1:0', '--log-level', 'warn'];
  const command = [
    join(ROOT, 'packages/cli/bin/conclave.js'),
    'node',
    'start',
    '--data',
    folder,
    ...addresses,
    ...options,
  ];
  const started = performance.now();
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let output = '';
  const ready = new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      const [, grpc, web] = /^ready\s+grpc (\S+)\s.*?\bweb (\S+)/m.exec(output) ?? [];
      if (web !== undefined) resolve({ url: grpc, webUrl: web, readyMs: performance.now() - started });
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('close', (code) =>
      reject(new Error(`The node ended with code ${code} before it was ready:\n${output}`)),
    );
    setTimeout(() => reject(new Error(`The node was not ready in time:\n${output}`)), START_LIMIT_MS).unref();
  });
  const { url, webUrl, readyMs } = await ready;
  return {
    url,
    webUrl,
    readyMs,
    folder,
    /** Milliseconds of CPU that the process has taken, all threads; undefined where the system does not tell. */
    cpuMs: () => processCpuMs(child.pid),
    /** Resident memory in bytes; undefined where the system does not tell. */
    rssBytes: () => processRss(child.pid),
    async stop() {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
      process.removeListener('exit', kill);
      if (data === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function processRss(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  } catch {
    return undefined;
  }
}

/** Linux counts in ticks of 10 ms. */
function processCpuMs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}
