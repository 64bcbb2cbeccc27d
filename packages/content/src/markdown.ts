/** xmtp.org/markdown:1.0 - UTF-8 text in Markdown. */
import type { ContentCodec } from './codec.js';
import { xmtpType } from './content-type-id.js';
import { decodeUtf8Content, encodeUtf8Content } from './text.js';

const contentType = xmtpType('markdown');

/** Markdown text. */
export const markdownCodec: ContentCodec<string> = {
  contentType,
  encode: (text) => encodeUtf8Content(contentType, text),
  decode: (content) => decodeUtf8Content(contentType, content),
  fallback: () => undefined,
  shouldPush: () => true,
};
