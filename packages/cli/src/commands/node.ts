/** `node start`: a node in the foreground. */
import { resolve } from 'node:path';
import { startNode } from '@conclave/node';
import type { World } from '../session.js';

/** Options of `node start`. */
export interface NodeStartOptions {
  readonly data: string;
  readonly grpc: string;
  readonly web: string;
  readonly history?: string;
  readonly json?: boolean;
}

/** Starts a node, prints a line beginning `ready`, and drains on SIGTERM or SIGINT. */
export async function nodeStart(options: NodeStartOptions, world: World): Promise<void> {
  const running = await startNode({
    dataDir: resolve(options.data),
    grpc: options.grpc,
    web: options.web,
    ...(options.history === undefined ? {} : { history: options.history }),
  });
  const stopped = new Promise<void>((done) => {
    const stop = (): void => done();
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  });
  world.output.result(
    { ready: true, grpc: running.grpcAddress, web: running.webAddress, dataDir: resolve(options.data) },
    () => [
      `ready  grpc http://${running.grpcAddress}  web http://${running.webAddress}  data ${resolve(options.data)}`,
    ],
  );
  await stopped;
  world.output.note('Stopping: no new calls, finishing what is under way …');
  await running.stop();
}
