/** What the original can do between installations of one inbox, and this version cannot yet. Nothing of it fails silently. */
import { SdkError } from './errors.js';

/** @throws SdkError `sdk/not-available` always */
export function notAvailable(missing: 'device sync' | 'history archives'): never {
  throw new SdkError('sdk/not-available', { missing });
}
