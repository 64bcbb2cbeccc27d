/** What the classes of the SDK share: the core's client, the decoder, and how identifiers become inbox ids. */
import { ClientError, type Client as CoreClient, parseIdentifier } from '@conclave/client';
import type { Identifier as CoreIdentifier } from '@conclave/identity';
import type { ContentDecoder } from './content/content-decoder.js';
import { IdentifierKind } from './enums.js';
import type { Identifier } from './types.js';

/** One open client. */
export class Session {
  readonly client: CoreClient;
  readonly decoder: ContentDecoder;

  constructor(client: CoreClient, decoder: ContentDecoder) {
    this.client = client;
    this.decoder = decoder;
  }

  /**
   * Inbox ids in the order of the identifiers.
   * @throws ClientError `client/unknown-inbox` for one that nobody registered, `client/invalid-address`
   */
  async inboxIdsOf(identifiers: readonly Identifier[]): Promise<string[]> {
    const inboxIds: string[] = [];
    for (const identifier of identifiers) {
      const inboxId = await this.client.identity.inboxIdOf(toCoreIdentifier(identifier));
      if (inboxId === undefined) throw new ClientError('client/unknown-inbox', { identifier: identifier.identifier });
      inboxIds.push(inboxId);
    }
    return inboxIds;
  }
}

/** @throws ClientError `client/invalid-address`, `client/invalid-identifier` */
export function toCoreIdentifier({ identifier, identifierKind }: Identifier): CoreIdentifier {
  return parseIdentifier(identifierKind === IdentifierKind.Passkey ? 'passkey' : 'ethereum', identifier);
}
