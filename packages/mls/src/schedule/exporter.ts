/** Secrets for the application (RFC 9420 section 8.5). */
import { withSecrets } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { deriveExporterSecret, expandWithLabel } from '../crypto/labels.js';

/**
 * MLS-Exporter.
 *
 * @param label - chosen by the application
 * @param length - bytes wanted, at most 8160
 */
export function exportSecret(
  suite: CipherSuite,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  return withSecrets((secrets) => {
    const derived = secrets.passing(deriveExporterSecret(suite, exporterSecret, label));
    return expandWithLabel(suite, derived, 'exported', suite.provider.hash('sha256', context), length);
  });
}
