/** Nodes on free ports with their data in a temporary directory, and clients of them. */

import type { NodeOptions } from './config.js';
import { GrpcClient } from './grpc-client.testkit.js';
import { onCleanup, temporaryDirectory } from './log/log.testkit.js';
import { type RunningNode, startNode } from './node.js';

export interface TestNode {
  readonly node: RunningNode;
  readonly client: GrpcClient;
  readonly dataDir: string;
  /** Base URL of the web port. */
  readonly web: string;
}

/** 2026-11-21, the day of the golden vectors, ns since 1970. */
export const TEST_TIME_NS = 1_795_250_200_000_000_000n;

/** A running node, stopped after the test. */
export async function startTestNode(options: Partial<NodeOptions> = {}): Promise<TestNode> {
  const dataDir = options.dataDir ?? temporaryDirectory();
  const node = await startNode({
    grpc: '127.0.0.1:0',
    web: '127.0.0.1:0',
    logLevel: 'silent',
    storage: 'inline',
    nowNs: () => TEST_TIME_NS,
    ...options,
    dataDir,
  });
  onCleanup(() => node.stop());
  const client = new GrpcClient(node.grpcAddress);
  onCleanup(() => client.close());
  return { node, client, dataDir, web: `http://${node.webAddress}` };
}
