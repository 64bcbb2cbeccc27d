/**
 * Starting and stopping a node. What is started is stopped in reverse order, also when a later step of the start fails.
 *
 * ```ts
 * const node = await startNode({ dataDir: './data', grpc: '127.0.0.1:0', web: '127.0.0.1:0' });
 * console.log(node.grpcAddress);   // 127.0.0.1:41873
 * await node.stop();
 * ```
 */
import { NO_CHAINS } from './api/identity/contract-wallets.js';
import { createServices } from './api/services.js';
import { formatAddress, type NodeOptions, readConfig } from './config.js';
import type { NodeContext } from './context.js';
import { holdDataDir, makeDataDir } from './data-dir.js';
import type { Edge } from './edge/edge.js';
import { startGrpcEdge } from './edge/grpc/grpc-edge.js';
import { HistoryFiles } from './edge/web/history-files.js';
import { startHistoryEdge, startWebEdge } from './edge/web/web-edge.js';
import { Hub } from './fanout/hub.js';
import { openLog } from './log/open-log.js';
import { Retention } from './log/retention.js';
import { createLogger } from './logger.js';
import { NODE_VERSION } from './version.js';

/** A node that serves. */
export interface RunningNode {
  /** `HOST:PORT` of native gRPC. */
  readonly grpcAddress: string;
  /** `HOST:PORT` of gRPC-web, page, health and history files. */
  readonly webAddress: string;
  /** `HOST:PORT` of the further history port, when one was asked for. */
  readonly historyAddress: string | undefined;
  /**
   * Ends open streams with UNAVAILABLE, lets calls in flight finish for as long as `drainMs` says, writes what was
   * accepted, and releases ports and data directory. May be called more than once.
   */
  stop(): Promise<void>;
}

/** Steps taken, to be undone last first. */
class Teardown {
  readonly #steps: (() => Promise<void> | void)[] = [];

  add(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step();
  }
}

/**
 * Starts a node and resolves when every port listens.
 *
 * @throws NodeError `node/invalid-address`, `node/address-in-use`, `node/cannot-listen`,
 *   `node/data-directory-unusable`, `node/data-directory-in-use`, `node/database-too-new`, `node/database-unusable`,
 *   `node/invalid-postgres-url`, `node/postgres-unusable`, `node/shards-differ`; nothing is left running then
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const startedAtMs = performance.now();
  const config = readConfig(options);
  const { limits, nowNs } = config;
  const { logger, flush } = createLogger(config.logLevel);
  const teardown = new Teardown();
  teardown.add(flush);
  try {
    // Nodes that share a database may share the folder of the history files too.
    if (config.postgres !== undefined) await makeDataDir(config.dataDir);
    else teardown.add(await holdDataDir(config.dataDir));
    const log = await openLog(config, logger);
    teardown.add(() => log.close());
    const retention = new Retention({ log, limits, nowNs, logger });
    teardown.add(() => retention.stop());
    const hub = new Hub(log);
    let ready = false;
    const context: NodeContext = {
      log,
      hub,
      limits,
      logger,
      nowNs,
      contractWallets: NO_CHAINS,
      isReady: () => ready,
    };
    const services = createServices(context);
    const history = await HistoryFiles.open(config.dataDir, limits.historyFileBytes, logger);

    const grpc = await startGrpcEdge({ address: config.grpc, services, limits, logger });
    const edges: Edge[] = [grpc];
    // All ports drain side by side, after the streams have ended.
    teardown.add(async () => {
      ready = false;
      hub.close();
      await Promise.all(edges.map((edge) => edge.stop()));
    });
    const extra = config.history && (await startHistoryEdge(config.history, history, context));
    if (extra !== undefined) edges.push(extra);
    const grpcAddress = formatAddress(grpc.address);
    const historyAddress = extra && formatAddress(extra.address);
    const facts = (webAddress: string) => ({ grpcAddress, webAddress, historyAddress, dataDir: config.dataDir });
    const web = await startWebEdge({ address: config.web, context, services, history, facts });
    edges.push(web);
    const addresses = { grpcAddress, webAddress: formatAddress(web.address), historyAddress };
    ready = true;
    logger.info({
      event: 'ready',
      version: NODE_VERSION,
      ...addresses,
      storage: log.engine,
      startMs: Math.round(performance.now() - startedAtMs),
    });
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      logger.info({ event: 'stopping' });
      await teardown.run();
    };
    return {
      ...addresses,
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
