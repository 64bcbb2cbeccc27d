/** A committed message on its way to subscribers: each of its encodings is made once, when first asked for, and shared. */
import { create, EnvelopeSchema, toBinary } from '@conclave/proto';
import { FRAME_HEAD_BYTES, frameOf } from '../frame.js';
import { encodeMessageFrame } from '../log/encode-message.js';
import type { Committed, TopicKind } from '../log/log.js';
import { messagesFrame } from './subscribe-frames.js';
import { contentTopic, topicKey } from './topic.js';

/**
 * Made once per committed message and handed to every subscriber. Once it has been encoded it holds nothing of the request that it came in:
 * the entry's arrays are views of that, and it may be thousands of times as large as what a slow subscriber's bounds count.
 */
export class LiveMessage {
  readonly key: string;
  readonly id: bigint;
  readonly kind: TopicKind;
  readonly #createdNs: bigint;
  /** What was committed, or its frame. */
  #content: Committed | Uint8Array;
  #subscribeFrame: Uint8Array | undefined;
  #envelope: Uint8Array | undefined;

  constructor(committed: Committed) {
    this.#content = committed;
    this.#createdNs = committed.createdNs;
    this.id = committed.id;
    this.kind = committed.entry.kind;
    this.key = topicKey(committed.entry.kind, committed.entry.topic);
  }

  /** The GroupMessage or WelcomeMessage that subscribers of the topic read, framed. */
  get frame(): Uint8Array {
    if (!(this.#content instanceof Uint8Array)) {
      this.#content = encodeMessageFrame(this.#content.entry, this.#content);
    }
    return this.#content;
  }

  /** The same without the frame's head. */
  get message(): Uint8Array {
    return this.frame.subarray(FRAME_HEAD_BYTES);
  }

  /** What mutable subscriptions (XIP-83) read: Messages with this one alone, live, framed. */
  get subscribeFrame(): Uint8Array {
    this.#subscribeFrame ??= messagesFrame(this.kind, [this.message], 0n);
    return this.#subscribeFrame;
  }

  /** The Envelope that push servers read, framed. */
  get envelope(): Uint8Array {
    this.#envelope ??= frameOf(this.#encodeEnvelope());
    return this.#envelope;
  }

  #encodeEnvelope(): Uint8Array {
    const { key, message } = this;
    return toBinary(
      EnvelopeSchema,
      create(EnvelopeSchema, { contentTopic: contentTopic(key), timestampNs: this.#createdNs, message }),
    );
  }
}
