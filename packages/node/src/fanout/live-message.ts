/** A committed message on its way to subscribers: each of its encodings is made once, when first asked for, and shared. */
import { create, EnvelopeSchema, toBinary } from '@conclave/proto';
import { FRAME_HEAD_BYTES, frameOf } from '../frame.js';
import { encodeMessageFrame } from '../log/encode-message.js';
import type { Committed, TopicKind } from '../log/log.js';
import { messagesFrame } from './subscribe-frames.js';
import { contentTopic, topicKey } from './topic.js';

/** Made once per committed message and handed to every subscriber. */
export class LiveMessage {
  readonly key: string;
  readonly id: bigint;
  readonly kind: TopicKind;
  readonly #committed: Committed;
  #frame: Uint8Array | undefined;
  #subscribeFrame: Uint8Array | undefined;
  #envelope: Uint8Array | undefined;

  constructor(committed: Committed) {
    this.#committed = committed;
    this.id = committed.id;
    this.kind = committed.entry.kind;
    this.key = topicKey(committed.entry.kind, committed.entry.topic);
  }

  /** The GroupMessage or WelcomeMessage that subscribers of the topic read, framed. */
  get frame(): Uint8Array {
    this.#frame ??= encodeMessageFrame(this.#committed.entry, this.#committed);
    return this.#frame;
  }

  /** The same without the frame's head. */
  get message(): Uint8Array {
    return this.frame.subarray(FRAME_HEAD_BYTES);
  }

  /** What mutable subscriptions (XIP-83) read: Messages with this one alone, live, framed. */
  get subscribeFrame(): Uint8Array {
    this.#subscribeFrame ??= messagesFrame(this.#committed.entry.kind, [this.message], 0n);
    return this.#subscribeFrame;
  }

  /** The Envelope that push servers read, framed. */
  get envelope(): Uint8Array {
    this.#envelope ??= frameOf(this.#encodeEnvelope());
    return this.#envelope;
  }

  #encodeEnvelope(): Uint8Array {
    const { entry, createdNs } = this.#committed;
    const topic = contentTopic(entry.kind, entry.topic);
    return toBinary(
      EnvelopeSchema,
      create(EnvelopeSchema, { contentTopic: topic, timestampNs: createdNs, message: this.message }),
    );
  }
}
