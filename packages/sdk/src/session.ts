/** What the classes of the SDK share: the core's client, how messages are read, and how identifiers become inbox ids. */
import { ClientError, type Client as CoreClient, parseIdentifier } from '@conclave/client';
import type { Identifier as CoreIdentifier } from '@conclave/identity';
import type { ContentDecoder } from './content/content-decoder.js';
import { MessageReader } from './conversations/message-reader.js';
import { IdentifierKind } from './enums.js';
import type { Identifier } from './types.js';

/** One open client. */
export class Session {
  readonly client: CoreClient;
  readonly reader: MessageReader;
  /** Aborts when the application closes its client. */
  readonly closed: AbortSignal;

  constructor(client: CoreClient, decoder: ContentDecoder, closed: AbortSignal) {
    this.client = client;
    this.closed = closed;
    this.reader = new MessageReader(client.conversations, decoder);
  }

  /**
   * Inbox ids in the order of the identifiers.
   * @throws ClientError `client/unknown-inbox` for one that nobody registered, `client/invalid-address`
   */
  async inboxIdsOf(identifiers: readonly Identifier[]): Promise<string[]> {
    const found = await this.client.identity.inboxIdsOf(identifiers.map(toCoreIdentifier));
    return found.map((inboxId, index) => {
      if (inboxId !== undefined) return inboxId;
      throw new ClientError('client/unknown-inbox', { identifier: identifiers[index]?.identifier ?? '' });
    });
  }
}

/** @throws ClientError `client/invalid-address`, `client/invalid-identifier` */
export function toCoreIdentifier({ identifier, identifierKind }: Identifier): CoreIdentifier {
  return parseIdentifier(identifierKind === IdentifierKind.Passkey ? 'passkey' : 'ethereum', identifier);
}
