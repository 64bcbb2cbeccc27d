/** What every rpc is given: built once, in node.ts. */
import type { ContractWallets } from './api/identity/contract-wallets.js';
import type { Hub } from './fanout/hub.js';
import type { NodeLimits } from './limits.js';
import type { Log } from './log/log.js';
import type { Logger } from './logger.js';
import type { NodeMetrics } from './metrics/node-metrics.js';

/** The parts of a running node that rpcs and edges work on. */
export interface NodeContext {
  readonly log: Log;
  readonly hub: Hub;
  readonly limits: NodeLimits;
  readonly logger: Logger;
  readonly metrics: NodeMetrics;
  readonly contractWallets: ContractWallets;
  /** Wall clock, ns since 1970. */
  readonly nowNs: () => bigint;
  /** True from the moment that every port listens until `stop` is called. */
  isReady(): boolean;
}
