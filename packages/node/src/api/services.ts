/**
 * Every rpc that this node serves, by path. What is not here is UNIMPLEMENTED: the deprecated rpcs of MlsApi and what is
 * left of V2.
 */
import type { NodeContext } from '../context.js';
import { healthCheck, healthWatch } from './health.js';
import { getIdentityUpdates } from './identity/get-identity-updates.js';
import { getInboxIds } from './identity/get-inbox-ids.js';
import { publishIdentityUpdate } from './identity/publish-identity-update.js';
import { verifySmartContractWalletSignatures } from './identity/verify-smart-contract-wallet-signatures.js';
import { subscribeAll, subscribeTopics } from './message/subscribe-envelopes.js';
import { batchPublishCommitLog, batchQueryCommitLog } from './mls/commit-log.js';
import { fetchKeyPackages } from './mls/fetch-key-packages.js';
import { getNewestGroupMessage } from './mls/get-newest-group-message.js';
import { queryGroupMessages, queryWelcomeMessages } from './mls/query-messages.js';
import { sendGroupMessages } from './mls/send-group-messages.js';
import { sendWelcomeMessages } from './mls/send-welcome-messages.js';
import { subscribe } from './mls/subscribe.js';
import { subscribeGroupMessages, subscribeWelcomeMessages } from './mls/subscribe-messages.js';
import { registerInstallation, uploadKeyPackage } from './mls/upload-key-package.js';
import { serverReflection, serverReflectionAlpha } from './reflection.js';
import type { Rpc } from './rpc.js';

const RPCS: readonly ((context: NodeContext) => Rpc)[] = [
  uploadKeyPackage,
  registerInstallation,
  fetchKeyPackages,
  sendGroupMessages,
  sendWelcomeMessages,
  queryGroupMessages,
  queryWelcomeMessages,
  subscribeGroupMessages,
  subscribeWelcomeMessages,
  subscribe,
  batchPublishCommitLog,
  batchQueryCommitLog,
  getNewestGroupMessage,
  publishIdentityUpdate,
  getIdentityUpdates,
  getInboxIds,
  verifySmartContractWalletSignatures,
  subscribeAll,
  subscribeTopics,
  healthCheck,
  healthWatch,
  serverReflection,
  serverReflectionAlpha,
];

/** The table of rpcs over one context. */
export function createServices(context: NodeContext): ReadonlyMap<string, Rpc> {
  return new Map(RPCS.map((build) => build(context)).map((rpc) => [rpc.path, rpc]));
}
