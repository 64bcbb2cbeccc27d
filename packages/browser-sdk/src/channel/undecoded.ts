/** Contents of types that the application's own codecs know: its codecs are functions, so they stay in the page and decode there. */
import type { EncodedContent } from '@conclave/content';

/** Stands for such a content on its way to the page. */
export interface Undecoded {
  readonly conclaveUndecoded: EncodedContent;
}

/** What the worker sends for it. */
export const toUndecoded = (encoded: EncodedContent): Undecoded => ({ conclaveUndecoded: encoded });

/** The content inside, or undefined when the value is a decoded one. */
export function undecodedIn(value: unknown): EncodedContent | undefined {
  return (value as Partial<Undecoded> | null | undefined)?.conclaveUndecoded;
}
