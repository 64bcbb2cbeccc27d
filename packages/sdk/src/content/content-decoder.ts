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
import { logText } from '../log-text.js';

/** A value with its kind. */
export type KnownContent =
  | Exclude<DecodedContent, { kind: 'unknown' }>
  | { readonly kind: 'undecoded'; readonly value: unknown };

/** What stands for a content that no codec here knows, where somebody else decodes it. */
export type Undecoded = (encoded: EncodedContent) => unknown;

/** Decodes with the built-in types and the codecs of one client. */
export class ContentDecoder {
  readonly #registry: ContentRegistry;
  readonly #warn: (sentence: string) => void;
  readonly #undecoded: Undecoded | undefined;

  /**
   * @param warn - gets the sentences of the original SDK about contents that cannot be decoded; names types, never contents
   * @param undecoded - default: contents of unknown types have no value, and `warn` is told
   */
  constructor(
    codecs: readonly ContentCodec[],
    inflate: Inflate,
    warn: (sentence: string) => void,
    undecoded?: Undecoded,
  ) {
    this.#registry = new ContentRegistry(codecs, inflate);
    this.#warn = warn;
    this.#undecoded = undecoded;
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
      if (encoded.type !== undefined && this.#undecoded !== undefined) {
        return { kind: 'undecoded', value: this.#undecoded(encoded) };
      }
      if (encoded.type !== undefined) {
        this.#warn(`No codec found for content type "${logText(contentTypeToString(encoded.type))}"`);
      }
    } catch (error) {
      if (!(error instanceof ContentError)) throw error;
      const reason = error.cause instanceof Error ? error.cause.message : error.message;
      this.#warn(`Error decoding custom content: ${logText(reason)}`);
    }
    return undefined;
  }
}
