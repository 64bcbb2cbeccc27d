/** What can be asked without a client: a worker of its own answers, and ends when nothing is asked any more. */
import {
  type Backend,
  type BackendChoice,
  type BackendEnv,
  type Identifier,
  type InboxState,
  type NetworkOptions,
  BackendBuilder as SharedBuilder,
  type Signer,
  chosenBackend as sharedChoice,
  createBackend as sharedCreate,
} from '@conclave/sdk';
import { ApiUrls } from '../constants.js';
import { ownCore } from '../tabs/shared-core.js';
import type { BackendParts, SignerParts } from '../worker/directory-calls.js';
import { CoreLink } from './core-link.js';
import { Remote, type Tables } from './remote.js';

/** How long such a worker waits for another question. */
const IDLE_MS = 10_000;

/** Collects the parts of a Backend. */
export class BackendBuilder extends SharedBuilder {
  /** @throws SdkError `sdk/unknown-environment` */
  constructor(env: BackendEnv) {
    super(env, ApiUrls);
  }
}

/**
 * A backend of these options; `env` defaults to `dev`. Nothing is asked.
 * @throws SdkError `sdk/unknown-environment`, `sdk/missing-gateway-host`
 */
export function createBackend(options: NetworkOptions = {}): Promise<Backend> {
  return sharedCreate(options, ApiUrls);
}

/** The backend of a call without a client; default `dev`. */
export function chosenBackend(given?: BackendChoice, gatewayHost?: string): Promise<Backend> {
  return sharedChoice(given, gatewayHost, ApiUrls);
}

let link: CoreLink | undefined;
let asked = 0;

/** Runs `work` with the worker that needs no client. */
export async function withHelper<T>(work: (tables: HelperTables) => Promise<T>): Promise<T> {
  link ??= new CoreLink(ownCore({ name: null, options: {} }));
  const used = link;
  asked++;
  try {
    return await work({
      directory: new Remote(used, { on: 'directory' }),
      content: new Remote(used, { on: 'content' }),
    });
  } finally {
    asked--;
    setTimeout(() => {
      if (asked > 0 || link !== used) return;
      link = undefined;
      void used.close();
    }, IDLE_MS);
  }
}

/** What it answers. */
export interface HelperTables {
  readonly directory: Remote<Tables['directory']>;
  readonly content: Remote<Tables['content']>;
}

/** As it travels. */
export function partsOf({ env, v3Host, gatewayHost, appVersion }: Backend): BackendParts {
  return { env, v3Host, gatewayHost, appVersion };
}

/** The id of the inbox that an identifier would create. No network. @param nonce - default 1 */
export function generateInboxId(identifier: Identifier, nonce?: bigint): Promise<string> {
  return withHelper(({ directory }) => directory.call('generateInboxId', identifier, nonce));
}

/** The inbox that an identifier belongs to; undefined when nobody registered it. */
export function getInboxIdForIdentifier(backend: Backend, identifier: Identifier): Promise<string | undefined> {
  return withHelper(({ directory }) => directory.call('inboxIdForIdentifier', partsOf(backend), identifier));
}

/** Who can be written to, by lower-case identifier. */
export function canMessageFrom(backend: Backend, identifiers: Identifier[]): Promise<Map<string, boolean>> {
  return withHelper(({ directory }) => directory.call('canMessage', partsOf(backend), identifiers));
}

/** @throws ClientError `client/unknown-inbox` */
export function inboxStatesFrom(backend: Backend, inboxIds: string[]): Promise<InboxState[]> {
  return withHelper(({ directory }) => directory.call('inboxStates', partsOf(backend), inboxIds));
}

/** How many updates the logs of inboxes hold. */
export function updateCountsFrom(backend: Backend, inboxIds: string[]): Promise<Map<string, number>> {
  return withHelper(({ directory }) => directory.call('updateCounts', partsOf(backend), inboxIds));
}

/** Revokes installations of an inbox whose recovery identifier signs. */
export function revokeFrom(
  backend: Backend,
  signer: Signer,
  inboxId: string,
  installationIds: Uint8Array[],
): Promise<void> {
  return withHelper(async ({ directory }) => {
    const parts: SignerParts = {
      type: signer.type,
      identifier: await signer.getIdentifier(),
      ...(signer.type === 'SCW' && { chainId: signer.getChainId() }),
    };
    const { signatureText, signatureRequestId } = await directory.call(
      'startRevocation',
      partsOf(backend),
      parts,
      inboxId,
      installationIds,
    );
    const signature = await signer.signMessage(signatureText);
    const blockNumber = signer.type === 'SCW' ? signer.getBlockNumber?.() : undefined;
    await directory.call('finishRevocation', signatureRequestId, signature, blockNumber);
  });
}
