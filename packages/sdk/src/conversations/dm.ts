/** A conversation of two. */
import type { StoredContentType } from '@conclave/client';
import { ContentType } from '../enums.js';
import type { ListMessagesOptions } from '../options.js';
import { Conversation } from './conversation.js';

/** A direct conversation. */
export class Dm extends Conversation {
  /** Inbox id of the other. */
  get peerInboxId(): string {
    return this.core.peerInboxId ?? '';
  }

  /** The other MLS groups of the same two people; their messages are listed with this one's. */
  async duplicateDms(): Promise<Dm[]> {
    return this.core.duplicates().map((core) => new Dm(this.session, core));
  }

  /** The transcript of changes is counted only when it is asked for. */
  protected override uncounted({ contentTypes = [] }: ListMessagesOptions): readonly StoredContentType[] {
    return contentTypes.includes(ContentType.GroupUpdated) ? [] : ['group-updated'];
  }
}
