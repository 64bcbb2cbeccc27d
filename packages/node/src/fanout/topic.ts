/** Names of topics: as keys of a map, and as the content topics that push servers know (node API section "Topics"). */
import type { TopicKind } from '../log/log.js';

/** A topic as a map key. Latin-1 text is half as long as hex and V8 stores it one byte per character. */
export function topicKey(kind: TopicKind, topic: Uint8Array): string {
  return kind[0] + Buffer.from(topic.buffer, topic.byteOffset, topic.byteLength).toString('latin1');
}

/** The content topic of a key, for example `/xmtp/mls/1/g-<hex group id>/proto`. */
export function contentTopic(key: string): string {
  return `/xmtp/mls/1/${key[0]}-${Buffer.from(key.slice(1), 'latin1').toString('hex')}/proto`;
}
