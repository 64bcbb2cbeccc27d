import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from './content.testkit.js';
import { xmtpType } from './content-type-id.js';
import { isShallow, JsonFields, jsonFloat, jsonObject, jsonText, MAX_JSON_DEPTH } from './json-content.js';

const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

describe('JSON of contents', () => {
  it('writes every finite number so that it reads back, always with a fraction or an exponent', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(JSON.parse(jsonFloat(value))).toBe(value);
        expect(jsonFloat(value)).toMatch(/^-?\d+(\.\d+|(\.\d+)?e-?\d+)$/);
      }),
    );
  });

  it('writes text that any reader accepts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(jsonText(text))).toBe(text);
      }),
    );
    expect(jsonText('a\ud800b\udc00')).toBe('"a\u{fffd}b\u{fffd}"');
  });

  it('keeps the order of members and leaves out what has no value', () => {
    expect(jsonObject([['b', '1'], ['1', undefined], ['a', '{}']])).toBe('{"b":1,"a":{}}'); // biome-ignore format: one line
  });

  it('measures depth without going deeper than it has to', () => {
    expect(isShallow(nested(MAX_JSON_DEPTH))).toBe(true);
    expect(isShallow(nested(MAX_JSON_DEPTH + 1))).toBe(false);
    expect(isShallow(nested(100_000))).toBe(false);
  });

  it('knows members by their own names alone', () => {
    const fields = new JsonFields(xmtpType('x'), { a: 'b' });
    expect(fields.get('constructor')).toBeUndefined();
    expect(fields.get('__proto__')).toBeUndefined();
    expect(codeOf(() => fields.text('toString'))).toBe('content/malformed');
  });
});
