/** Names of topics: as keys of a map, and as the content topics that push servers know (node API section "Topics"). */
import { toHex } from '@conclave/crypto';
import type { TopicKind } from '../log/log.js';

/** A topic as a map key. Latin-1 text is half as long as hex and V8 stores it one byte per character. */
export function topicKey(kind: TopicKind, topic: Uint8Array): string {
  return kind[0] + Buffer.from(topic.buffer, topic.byteOffset, topic.byteLength).toString('latin1');
}

/** For example `/xmtp/mls/1/g-<hex group id>/proto`. */
export function contentTopic(kind: TopicKind, topic: Uint8Array): string {
  return `/xmtp/mls/1/${kind[0]}-${toHex(topic)}/proto`;
}
