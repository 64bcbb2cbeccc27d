import { describe, expect, it, vi } from 'vitest';
import { ConclaveError, CRYPTO_ERRORS, CryptoError, type CryptoErrorCode } from './errors.js';

describe('CryptoError', () => {
  it.each(Object.keys(CRYPTO_ERRORS) as CryptoErrorCode[])('%s carries its table entry', (code) => {
    const error = new CryptoError(code);
    expect(error).toBeInstanceOf(ConclaveError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('CryptoError');
    expect(error.code).toBe(code);
    expect(error.message).toBe(CRYPTO_ERRORS[code].message);
    expect(error.retryable).toBe(CRYPTO_ERRORS[code].retryable);
    expect(error.message).toMatch(/^[A-Z].*\.$/);
  });

  it('shows details after the sentence and keeps the cause', () => {
    const cause = new RangeError('inner');
    const error = new CryptoError('codec/truncated', { needed: 4, left: 1n, last: true, at: 'end' }, cause);
    expect(error.message).toBe('The bytes end before the structure does. (needed=4, left=1, last=true, at=end)');
    expect(error.details).toEqual({ needed: 4, left: 1n, last: true, at: 'end' });
    expect(error.cause).toBe(cause);
    expect('cause' in new CryptoError('codec/truncated')).toBe(false);
  });
});

describe('errors of another copy of the code', () => {
  it('are instances of the classes of the same names, and of no others', async () => {
    vi.resetModules();
    const other = await import('./errors.js');
    expect(other.CryptoError).not.toBe(CryptoError);
    const error = new other.CryptoError('codec/truncated');
    expect(error instanceof ConclaveError).toBe(true);
    expect(error instanceof CryptoError).toBe(true);
    class ProtoError extends ConclaveError {}
    expect(error instanceof ProtoError).toBe(false);
    expect(new other.ConclaveError('x/y', { message: 'Z.', retryable: false }) instanceof CryptoError).toBe(false);
  });

  it('are not taken for each other by names that a minifier has shortened', async () => {
    vi.resetModules();
    const other = await import('./errors.js');
    const shortened = (base: typeof ConclaveError) =>
      Object.defineProperty(class extends base {}, 'name', { value: 't' });
    const meaning = { message: 'Z.', retryable: false };
    const [ours, ourOther, theirs] = [
      shortened(ConclaveError),
      shortened(ConclaveError),
      shortened(other.ConclaveError),
    ];
    expect(new ourOther('x/y', meaning) instanceof ours).toBe(false);
    expect(new theirs('x/y', meaning) instanceof ours).toBe(false);
  });

  it('are told from errors of others', () => {
    class CryptoErrorOfOthers extends Error {}
    Object.defineProperty(CryptoErrorOfOthers, 'name', { value: 'CryptoError' });
    for (const value of [
      new CryptoErrorOfOthers(),
      new Error(),
      null,
      undefined,
      'CryptoError',
      { name: 'CryptoError' },
    ]) {
      expect(value instanceof CryptoError).toBe(false);
    }
  });
});
