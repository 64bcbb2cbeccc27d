/** The nodes of a round: processes that are killed and started again on the same data and ports. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@conclave/testing/servers';

// Each process that is started is to end with this one.
process.setMaxListeners(200);

const CHILD = fileURLToPath(new URL('./node-child.mjs', import.meta.url));

/** One node. */
export class FaultNode {
  #options;
  #child;
  folder = mkdtempSync(join(tmpdir(), 'conclave-faults-'));

  /** Starts a node on free ports. @param options of `startNode` */
  static async start(options = {}) {
    const node = new FaultNode();
    const [grpc, web] = [await freePort(), await freePort()];
    node.#options = {
      ...{ dataDir: node.folder, grpc: `127.0.0.1:${grpc}`, web: `127.0.0.1:${web}`, logLevel: 'silent' },
      ...options,
    };
    node.address = `127.0.0.1:${grpc}`;
    node.webAddress = `127.0.0.1:${web}`;
    await node.restart();
    return node;
  }

  /** Starts it on what it left; `changes` to its options stay. */
  async restart(changes = {}) {
    this.#options = { ...this.#options, ...changes };
    for (;;) {
      this.#child = fork(CHILD, [JSON.stringify(this.#options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      const child = this.#child;
      process.once('exit', () => child.kill('SIGKILL'));
      const ready = await Promise.race([
        once(child, 'message').then(() => true),
        once(child, 'exit').then(() => false),
      ]);
      if (ready) return;
      // The port of a killed process may take a moment to be free, a database another to be back.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Moves its clock. */
  moveClock(clockMs) {
    this.#child.send({ clockMs });
  }

  /** Ends it as told. */
  async end(signal = 'SIGKILL') {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Resident memory, MiB; NaN where the system does not tell. */
  rssMiB() {
    try {
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1]) / 1024;
    } catch {
      return Number.NaN;
    }
  }

  /** Open files and sockets; NaN where the system does not tell. */
  handles() {
    try {
      return readdirSync(`/proc/${this.#child.pid}/fd`).length;
    } catch {
      return Number.NaN;
    }
  }

  /** Ends it and removes its data. */
  async remove() {
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
