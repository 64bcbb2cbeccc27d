/** A conversation of two, on the page. */
import { Conversation } from './conversation.js';

/** A direct conversation. */
export class Dm<ContentTypes = unknown> extends Conversation<ContentTypes> {
  /** Inbox id of the other. */
  peerInboxId(): Promise<string> {
    return this.remote.call('peerInboxId');
  }

  /** The other MLS groups of the same two people; their messages are listed with this one's. */
  async duplicateDms(): Promise<Dm<ContentTypes>[]> {
    const found = await this.remote.call('duplicateDms');
    return found.map((data) => new Dm<ContentTypes>(this.session, data.id, data));
  }
}
