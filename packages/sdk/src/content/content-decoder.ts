/** From the bytes of a message to a value. Nothing here throws for a message's sake: what cannot be decoded has no value. */
import {
  type ContentCodec,
  ContentError,
  ContentRegistry,
  contentTypeToString,
  type DecodedContent,
  decodeContent,
  type EncodedContent,
  type Inflate,
} from '@conclave/content';

/** A value with its kind. */
export type KnownContent = Exclude<DecodedContent, { kind: 'unknown' }>;

/** Decodes with the built-in types and the codecs of one client. */
export class ContentDecoder {
  readonly #registry: ContentRegistry;
  readonly #warn: (sentence: string) => void;

  /** @param warn - gets the sentences of the original SDK about contents that cannot be decoded; names types, never contents */
  constructor(codecs: readonly ContentCodec[], inflate: Inflate, warn: (sentence: string) => void) {
    this.#registry = new ContentRegistry(codecs, inflate);
    this.#warn = warn;
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
  decode(encoded: EncodedContent): KnownContent | undefined {
    try {
      const decoded = this.#registry.decode(encoded);
      if (decoded.kind !== 'unknown') return decoded;
      if (encoded.type !== undefined) {
        this.#warn(`No codec found for content type "${contentTypeToString(encoded.type)}"`);
      }
    } catch (error) {
      if (!(error instanceof ContentError)) throw error;
      const reason = error.cause instanceof Error ? error.cause.message : error.message;
      this.#warn(`Error decoding custom content: ${reason}`);
    }
    return undefined;
  }
}
