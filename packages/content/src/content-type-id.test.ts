import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from './content.testkit.js';
import { contentTypeFromString, contentTypesAreEqual, contentTypeToString, xmtpType } from './content-type-id.js';

describe('content type ids', () => {
  it.each(['xmtp.org/text:1.0', 'coinbase.com/actions:1.0', 'xmtp.org/application/x-protobuf:4294967295.7'])(
    'are read and written: %s',
    (text) => {
      expect(contentTypeToString(contentTypeFromString(text))).toBe(text);
    },
  );

  it('keep the slash of a type', () => {
    expect(contentTypeFromString('xmtp.org/application/x-protobuf:1.0')).toEqual(xmtpType('application/x-protobuf'));
  });

  it.each([
    '',
    'text',
    'xmtp.org/text',
    'xmtp.org/text:1',
    'xmtp.org/text:1.',
    '/text:1.0',
    'xmtp.org/:1.0',
    'xmtp.org/text:1.0.0',
    'xmtp.org/text:-1.0',
    'xmtp.org/text:4294967296.0',
    `xmtp.org/text:${'9'.repeat(400)}.0`,
    'xmtp.org/text:1.0\n',
  ])('refuse %j', (text) => {
    expect(codeOf(() => contentTypeFromString(text))).toBe('content/invalid-type');
  });

  it('have an answer or a refusal for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect([undefined, 'content/invalid-type']).toContain(codeOf(() => contentTypeFromString(text)));
      }),
    );
  });

  it('are equal whatever the version', () => {
    expect(contentTypesAreEqual(xmtpType('reaction', 1), xmtpType('reaction', 2, 5))).toBe(true);
    expect(contentTypesAreEqual(xmtpType('text'), xmtpType('markdown'))).toBe(false);
    expect(contentTypesAreEqual(xmtpType('text'), { ...xmtpType('text'), authorityId: 'a.b' })).toBe(false);
  });
});
