import { describe, expect, it } from 'vitest';
import { decodeContent, encodeContent } from './encoded-content.js';
import { isBuiltInType } from './registry.js';
import { typingCodec } from './typing.js';

describe('conclave/typing', () => {
  it.each([true, false])('%s survives the wire, and wakes nobody', (isTyping) => {
    const encoded = decodeContent(encodeContent(typingCodec.encode({ isTyping })));
    expect(typingCodec.decode(encoded)).toEqual({ isTyping });
    expect(encoded.fallback).toBeUndefined();
    expect(typingCodec.shouldPush({ isTyping })).toBe(false);
  });

  it.each([[[]], [[2]], [[1, 0]]])('refuses the bytes %j', (bytes) => {
    const encoded = { ...typingCodec.encode({ isTyping: true }), content: Uint8Array.from(bytes) };
    expect(() => typingCodec.decode(encoded)).toThrow(expect.objectContaining({ code: 'content/malformed' }));
  });

  it('takes no other authority’s type of that name', () => {
    expect(isBuiltInType({ ...typingCodec.contentType, authorityId: 'example.org' })).toBe(false);
  });
});
