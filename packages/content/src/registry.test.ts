import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ContentCodec } from './codec.js';
import { type Inflate, inflateContent, MAX_INFLATED_BYTES } from './compression.js';
import { codeOf, RECORDED_REACTIONS } from './content.testkit.js';
import { type ContentTypeId, xmtpType } from './content-type-id.js';
import { reactionV1Codec } from './reaction-v1.js';
import { ContentRegistry, isBuiltInType } from './registry.js';
import { textCodec } from './text.js';

const registry = new ContentRegistry();
const hello = textCodec.encode('hello');
const own: ContentTypeId = { authorityId: 'example.org', typeId: 'poll', versionMajor: 1, versionMinor: 0 };
const ownCodec: ContentCodec<number> = {
  contentType: own,
  encode: (value) => ({ type: own, parameters: {}, content: Uint8Array.of(value) }),
  decode: ({ content }) => {
    if (content.length === 0) throw new RangeError('of the application');
    return content[0] as number;
  },
  fallback: () => 'a poll',
  shouldPush: () => true,
};

const inflate: Inflate = (algorithm, data, maxOutputLength) =>
  algorithm === 'gzip' ? gunzipSync(data, { maxOutputLength }) : inflateSync(data, { maxOutputLength });

describe('ContentRegistry', () => {
  it('knows built-in types by type id and major version', () => {
    expect(registry.decode(hello)).toEqual({ kind: 'text', value: 'hello' });
    const elsewhere = { ...hello, type: { authorityId: 'other', typeId: 'text', versionMajor: 1, versionMinor: 9 } };
    expect(registry.decode(elsewhere)).toEqual({ kind: 'text', value: 'hello' });
    expect(registry.decode({ ...hello, type: xmtpType('text', 2) })).toEqual({ kind: 'unknown' });
    expect(isBuiltInType(xmtpType('reaction', 1))).toBe(true);
    expect(isBuiltInType(xmtpType('reaction', 3))).toBe(false);
  });

  it('gives reactions of both versions as one', () => {
    const [{ reaction }] = RECORDED_REACTIONS;
    expect(registry.decode(reactionV1Codec.encode(reaction))).toEqual({ kind: 'reaction', value: reaction });
  });

  it('says that it does not know a type', () => {
    expect(registry.decode({ parameters: {}, content: hello.content })).toEqual({ kind: 'unknown' });
    expect(registry.decode(ownCodec.encode(7))).toEqual({ kind: 'unknown' });
  });

  it('uses an application codec for exactly its type', () => {
    const withOwn = new ContentRegistry([ownCodec as ContentCodec]);
    expect(withOwn.decode(ownCodec.encode(7))).toEqual({ kind: 'custom', value: 7, codec: ownCodec });
    expect(withOwn.decode({ ...ownCodec.encode(7), type: { ...own, versionMinor: 1 } })).toEqual({ kind: 'unknown' });
    expect(codeOf(() => withOwn.decode({ type: own, parameters: {}, content: new Uint8Array(0) }))).toBe(
      'content/codec-failed',
    );
  });

  it('does not let an application codec replace a built-in type', () => {
    const shadow = { ...ownCodec, contentType: xmtpType('text') } as ContentCodec;
    expect(new ContentRegistry([shadow]).decode(hello)).toEqual({ kind: 'text', value: 'hello' });
  });

  it('refuses a content that does not fit its type', () => {
    const broken = { type: xmtpType('group_updated'), parameters: {}, content: Uint8Array.of(0xff) };
    expect(codeOf(() => registry.decode(broken))).toBe('content/malformed');
  });
});

describe('compressed contents', () => {
  const gzipped = { ...hello, compression: 1, content: gzipSync(hello.content) };
  const deflated = { ...hello, compression: 0, content: deflateSync(hello.content) };

  it.each([gzipped, deflated])('are inflated with what the platform has', (encoded) => {
    expect(new ContentRegistry([], inflate).decode(encoded)).toEqual({ kind: 'text', value: 'hello' });
    expect(codeOf(() => registry.decode(encoded))).toBe('content/compressed');
  });

  it('are refused when damaged, of another algorithm, or bombs', () => {
    const damaged = { ...gzipped, content: gzipped.content.subarray(0, 9) };
    expect(codeOf(() => inflateContent(damaged, inflate))).toBe('content/malformed');
    expect(codeOf(() => inflateContent({ ...gzipped, compression: 2 }, inflate))).toBe('content/malformed');
    const bomb = { ...gzipped, content: gzipSync(new Uint8Array(MAX_INFLATED_BYTES + 1)) };
    expect(codeOf(() => inflateContent(bomb, inflate))).toBe('content/malformed');
    const careless: Inflate = (_, data) => gunzipSync(data);
    expect(codeOf(() => inflateContent(bomb, careless))).toBe('content/too-large');
  });

  it('lose the mark when they are inflated, others are left alone', () => {
    expect(inflateContent(gzipped, inflate)).not.toHaveProperty('compression');
    expect(inflateContent(hello, undefined)).toBe(hello);
  });
});
