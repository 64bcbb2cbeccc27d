/** A key for trying: made here, kept sealed in this browser. */
import { createEOASigner, type Signer } from '@conclave/browser-sdk';
import { secretOf } from '../keep/vault.js';

const NAME = 'throw-away-key';

/** The signer of this browser's throw-away key, which is made at the first call. */
export async function throwAwaySigner(): Promise<Signer> {
  const key = await secretOf(NAME, 32);
  return createEOASigner(`0x${Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('')}`);
}
