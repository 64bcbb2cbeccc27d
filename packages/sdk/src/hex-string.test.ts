import { expect, it } from 'vitest';
import { isHexString, validHex } from './hex-string.js';

it.each(['0xab', '0xabcd', '0xABCD', '0x0123456789abcdefABCDEF'])('%s is hex', (value) => {
  expect(isHexString(value)).toBe(true);
  expect(validHex(value)).toBe(value);
});

it.each(['0x', '123', '0xg', '0X12', '0x123', ' 0xab', 123, null, undefined, {}, []])('%s is not', (value) => {
  expect(isHexString(value)).toBe(false);
  expect(() => validHex(value)).toThrow('Value is not a hexadecimal string.');
});
