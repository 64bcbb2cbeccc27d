/** What the page's classes of one client share. */

import type { DecodedMessage as WireMessage } from '@conclave/sdk';
import type { CoreLink } from './core-link.js';
import type { CodecRegistry } from './decoded-message.js';
import { DecodedMessage } from './decoded-message.js';
import { Remote, type Tables } from './remote.js';

/** One client, seen from the page. */
export class PageSession {
  readonly link: CoreLink;
  readonly codecs: CodecRegistry;
  readonly client: Remote<Tables['client']>;
  readonly conversations: Remote<Tables['conversations']>;
  readonly preferences: Remote<Tables['preferences']>;
  readonly statistics: Remote<Tables['statistics']>;
  /** Known once the client is open. */
  installationId: string | undefined;

  constructor(link: CoreLink, codecs: CodecRegistry) {
    this.link = link;
    this.codecs = codecs;
    this.client = new Remote(link, { on: 'client' });
    this.conversations = new Remote(link, { on: 'conversations' });
    this.preferences = new Remote(link, { on: 'preferences' });
    this.statistics = new Remote(link, { on: 'statistics' });
  }

  conversation(id: string): Remote<Tables['conversation']> {
    return new Remote(this.link, { on: 'conversation', id });
  }

  /** A message of the worker as the page shows it. */
  message<ContentTypes>(message: WireMessage): DecodedMessage<ContentTypes> {
    return new DecodedMessage<ContentTypes>(this.codecs, message);
  }
}
