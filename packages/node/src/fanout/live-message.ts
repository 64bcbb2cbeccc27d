/** A committed message on its way to subscribers: each of its encodings is made once, when first asked for, and shared. */
import { create, EnvelopeSchema, toBinary } from '@conclave/proto';
import { encodeMessage } from '../log/encode-message.js';
import type { Committed } from '../log/log.js';
import { contentTopic, topicKey } from './topic.js';

/** Made once per committed message and handed to every subscriber. */
export class LiveMessage {
  readonly key: string;
  readonly id: bigint;
  readonly #committed: Committed;
  #message: Uint8Array | undefined;
  #envelope: Uint8Array | undefined;

  constructor(committed: Committed) {
    this.#committed = committed;
    this.id = committed.id;
    this.key = topicKey(committed.entry.kind, committed.entry.topic);
  }

  /** The GroupMessage or WelcomeMessage that subscribers of the topic read. */
  get message(): Uint8Array {
    this.#message ??= encodeMessage(this.#committed.entry, this.#committed);
    return this.#message;
  }

  /** The Envelope that push servers read. */
  get envelope(): Uint8Array {
    this.#envelope ??= this.#encodeEnvelope();
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
