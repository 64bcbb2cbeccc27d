/**
 * Starting and stopping a node. What is started is stopped in reverse order, also when a later step of the start fails.
 *
 * ```ts
 * const node = await startNode({ dataDir: './data', grpc: '127.0.0.1:0', web: '127.0.0.1:0' });
 * console.log(node.grpcAddress);   // 127.0.0.1:41873
 * await node.stop();
 * ```
 */
import { chainContractWallets } from './api/identity/contract-wallets.js';
import { createServices } from './api/services.js';
import { type NodeOptions, readConfig } from './config.js';
import type { NodeContext } from './context.js';
import { holdDataDir, makeDataDir } from './data-dir.js';
import { openEdges } from './edge/open-edges.js';
import { LimitExchange, nameOfAddress } from './edge/rate-limit/limit-exchange.js';
import { RateLimiter } from './edge/rate-limit/rate-limiter.js';
import { HistoryFiles } from './edge/web/history-files.js';
import { InviteSlots } from './edge/web/invite-slots.js';
import { PageFiles } from './edge/web/page-files.js';
import { Hub } from './fanout/hub.js';
import { observeLog } from './log/observe-log.js';
import { openLog } from './log/open-log.js';
import { Retention } from './log/retention.js';
import { createLogger } from './logger.js';
import { NodeMetrics } from './metrics/node-metrics.js';
import { NODE_VERSION } from './version.js';

/** A node that serves. Addresses are `HOST:PORT`; undefined where there is no such port. */
export interface RunningNode {
  /** Native gRPC. */
  readonly grpcAddress: string | undefined;
  /** gRPC-web, Connect, page, health and history files. */
  readonly webAddress: string | undefined;
  /** Everything over TLS. */
  readonly tlsAddress: string | undefined;
  /** The further history port. */
  readonly historyAddress: string | undefined;
  /** The metrics' own port. */
  readonly metricsAddress: string | undefined;
  /** Reads certificate and key again. False when nothing changed, or the new ones cannot be used and the old stay. */
  reloadTls(): boolean;
  /**
   * Ends open streams with UNAVAILABLE, lets calls in flight finish for as long as `drainMs` says, writes what was
   * accepted, and releases ports and data directory. May be called more than once.
   */
  stop(): Promise<void>;
}

/** How often addresses with all their tokens are forgotten, ms. */
const LIMITS_SWEEP_MS = 60_000;

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
 * @throws NodeError `node/invalid-address`, `node/tls-incomplete`, `node/tls-unusable`, `node/address-in-use`,
 *   `node/cannot-listen`, `node/data-directory-unusable`, `node/data-directory-in-use`, `node/database-too-new`,
 *   `node/database-unusable`, `node/invalid-postgres-url`, `node/postgres-unusable`, `node/shards-differ`; nothing is left running then
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
    const metrics = new NodeMetrics();
    const log = observeLog(await openLog(config, logger), metrics);
    teardown.add(() => log.close());
    const retention = new Retention({ log, limits, nowNs, logger });
    teardown.add(() => retention.stop());
    const hub = new Hub(log, metrics);
    let ready = false;
    const context: NodeContext = {
      log,
      hub,
      limits,
      logger,
      nowNs,
      metrics,
      contractWallets: chainContractWallets({ chains: config.chains, limits, metrics }),
      isReady: () => ready,
    };
    const services = createServices(context);
    const page = config.page === undefined ? undefined : await PageFiles.open(config.page);
    const history = await HistoryFiles.open(config.dataDir, limits.historyFileBytes, logger, metrics);
    const invites = await InviteSlots.open({ dataDir: config.dataDir, limits, logger, nowNs });
    const inviteSweep = setInterval(() => void invites.sweep(), limits.pruneEveryMs).unref();
    teardown.add(() => clearInterval(inviteSweep));
    const board = config.rateLimits ? log.usageBoard : undefined;
    const limiter = new RateLimiter({
      limits,
      enabled: config.rateLimits,
      onRefused: (limit) => metrics.rateLimited.inc({ limit }),
      ...(board && { nameOf: nameOfAddress(board.key) }),
    });
    if (board !== undefined) {
      const exchange = new LimitExchange({ board, limiter, everyMs: limits.limitExchangeMs, logger, metrics });
      teardown.add(() => exchange.stop());
    }
    const sweep = setInterval(() => limiter.sweep(), LIMITS_SWEEP_MS).unref();
    teardown.add(() => clearInterval(sweep));
    metrics.observe(() => ({
      engine: log.engine,
      isReady: ready,
      isLogHealthy: log.healthy,
      subscriptions: hub.subscriptionCount,
      topics: hub.topicCount,
      limitedAddresses: limiter.addressCount,
    }));
    const edges = await openEdges({ config, context, services, history, invites, page, limiter });
    teardown.add(async () => {
      ready = false;
      // Streams end first, so that the ports have only calls in flight to wait for.
      hub.close();
      await edges.stop();
    });
    const { grpc, web, tls, history: historyPort, metrics: metricsPort } = edges.addresses;
    const addresses = {
      grpcAddress: grpc,
      webAddress: web,
      tlsAddress: tls,
      historyAddress: historyPort,
      metricsAddress: metricsPort,
    };
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
      reloadTls: () => edges.reloadTls(),
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
