/** From stored messages to what applications read. Nothing here throws for a message: what cannot be decoded has no content. */
import { gunzipSync, inflateSync } from 'node:zlib';
import type { StoredMessage } from '@conclave/client';
import {
  type ContentCodec,
  ContentError,
  ContentRegistry,
  contentTypeToString,
  decodeContent,
  type EncodedContent,
  type Inflate,
} from '@conclave/content';
import { DecodedMessage } from '../conversations/decoded-message.js';

const inflate: Inflate = (algorithm, bytes, maxOutputLength) =>
  (algorithm === 'gzip' ? gunzipSync : inflateSync)(bytes, { maxOutputLength });

/** Decodes with the built-in types and the codecs of one client. */
export class ContentDecoder {
  readonly #registry: ContentRegistry;
  readonly #warn: (sentence: string) => void;

  /** @param warn - gets the sentences of the original SDK about contents that cannot be decoded; names types, never contents */
  constructor(codecs: readonly ContentCodec[], warn: (sentence: string) => void) {
    this.#registry = new ContentRegistry(codecs, inflate);
    this.#warn = warn;
  }

  /** A message as applications read it. */
  message(message: StoredMessage): DecodedMessage {
    return new DecodedMessage(message, this);
  }

  /** The envelope of a content; one that is none is taken as bytes without a type. */
  parse(bytes: Uint8Array): EncodedContent {
    try {
      return decodeContent(bytes);
    } catch (error) {
      if (error instanceof ContentError) return { parameters: {}, content: bytes };
      throw error;
    }
  }

  /** The value inside, or undefined where it cannot be decoded. */
  decode(encoded: EncodedContent): unknown {
    try {
      const decoded = this.#registry.decode(encoded);
      if (decoded.kind !== 'unknown') return decoded.value;
      if (encoded.type !== undefined)
        this.#warn(`No codec found for content type "${contentTypeToString(encoded.type)}"`);
    } catch (error) {
      if (!(error instanceof ContentError)) throw error;
      this.#warn(`Error decoding custom content: ${error.message}`);
    }
    return undefined;
  }
}
