/**
 * The network node: stores and orders the ciphertext of XMTP clients.
 *
 * ```ts
 * import { startNode } from '@conclave/node';
 * const node = await startNode({ dataDir: './data' });
 * process.once('SIGTERM', () => void node.stop());
 * ```
 */

export { type LogLevel, type NodeConfig, type NodeOptions, readConfig } from './config.js';
export { makeDataDir } from './data-dir.js';
export { createSelfSigned } from './edge/http/self-signed.js';
export { expiryMs, type KeyPair, readKeyPair } from './edge/http/tls-identity.js';
export { NODE_ERRORS, NodeError, type NodeErrorCode } from './errors.js';
export { GrpcStatus, type GrpcStatusCode } from './grpc-status.js';
export { DEFAULT_LIMITS, type NodeLimits } from './limits.js';
export { NodeMetrics } from './metrics/node-metrics.js';
export { type RunningNode, startNode } from './node.js';
export { NODE_SETTINGS, type NodeSetting } from './settings/index.js';
export {
  formatSettings,
  maskSecrets,
  optionsFromSettings,
  readSettings,
  type SettingSource,
  type SettingSources,
  type SettingValue,
} from './settings/read-settings.js';
export { NODE_VERSION } from './version.js';
