/** The certificates that an application names. */
import { SdkError } from '@conclave/sdk';

/** @throws SdkError `sdk/bad-option` for certificates that are none */
export function certificates(tlsCa: string | Uint8Array): Buffer {
  const pem = Buffer.from(tlsCa);
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new SdkError('sdk/bad-option', { option: 'tlsCa', expected: 'certificates in PEM' });
  }
  return pem;
}
