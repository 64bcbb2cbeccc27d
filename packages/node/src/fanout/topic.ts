/** Names of topics: as keys of a map, and as the content topics that push servers know (node API section "Topics"). */
import { bytesOf, textOf } from '../latin1.js';
import type { TopicKind } from '../log/log.js';

/** A topic as a map key. Latin-1 text is half as long as hex and V8 stores it one byte per character. */
export function topicKey(kind: TopicKind, topic: Uint8Array): string {
  return kind[0] + textOf(topic);
}

/** The topic of a key: what `topicKey` was given, in an array of its own. Cost: one copy. */
export function topicOf(key: string): Buffer {
  return bytesOf(key.slice(1));
}

/** The content topic of a key, for example `/xmtp/mls/1/g-<hex group id>/proto`. */
export function contentTopic(key: string): string {
  return `/xmtp/mls/1/${key[0]}-${topicOf(key).toString('hex')}/proto`;
}
