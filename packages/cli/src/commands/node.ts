/** `node start`: a node in the foreground. */
import { resolve } from 'node:path';
import { type LogLevel, startNode } from '@conclave/node';
import type { World } from '../world.js';

/** Options of `node start`. */
export interface NodeStartOptions {
  readonly data: string;
  readonly grpc: string;
  readonly web: string;
  readonly history?: string;
  readonly postgres?: string;
  readonly postgresShards?: number;
  /** Addresses, separated by commas. */
  readonly nats?: string;
  readonly logLevel: LogLevel;
  readonly json?: boolean;
}

/**
 * Starts a node, prints a line beginning `ready`, and drains on SIGTERM or SIGINT.
 * @throws NodeError as startNode, `node/address-in-use` among them; nothing is left running then
 */
export async function nodeStart(options: NodeStartOptions, world: World): Promise<void> {
  const dataDir = resolve(options.data);
  const { grpc, web, history, postgres, postgresShards, nats, logLevel } = options;
  const node = await startNode({
    ...{ dataDir, grpc, web, logLevel },
    ...(history !== undefined && { history }),
    ...(postgres !== undefined && { postgres }),
    ...(postgresShards !== undefined && { postgresShards }),
    ...(nats !== undefined && { nats: nats.split(',') }),
  });
  const stopped = new Promise<void>((done) => {
    process.once('SIGTERM', () => done());
    process.once('SIGINT', () => done());
  });
  const { grpcAddress, webAddress, historyAddress } = node;
  const value = { ready: true, grpcAddress, webAddress, historyAddress: historyAddress ?? null, dataDir };
  world.output.result(value, () => [
    [
      `ready  grpc http://${grpcAddress}  web http://${webAddress}`,
      ...(historyAddress === undefined ? [] : [`history http://${historyAddress}`]),
      `data ${dataDir}`,
    ].join('  '),
  ]);
  await stopped;
  world.output.note('Stopping: no new calls, finishing what is under way …');
  await node.stop();
}
