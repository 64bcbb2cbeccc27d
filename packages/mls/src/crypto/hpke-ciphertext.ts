/** HPKECiphertext (RFC 9420 section 7.6): what update paths and Welcomes carry for one recipient. */
import type { TlsReader, TlsWriter } from '@conclave/crypto';

/** One encryption to one public key. */
export interface HpkeCiphertext {
  /** 32 bytes with X25519. */
  readonly kemOutput: Uint8Array;
  /** Plaintext length plus 16. */
  readonly ciphertext: Uint8Array;
}

/** Reads `opaque kem_output<V>; opaque ciphertext<V>`, both as views. */
export function readHpkeCiphertext(reader: TlsReader): HpkeCiphertext {
  return { kemOutput: reader.opaque(), ciphertext: reader.opaque() };
}

/** Passes over one. */
export function skipHpkeCiphertext(reader: TlsReader): void {
  reader.skipOpaque();
  reader.skipOpaque();
}

/** Writes both parts with their lengths. */
export function writeHpkeCiphertext(writer: TlsWriter, { kemOutput, ciphertext }: HpkeCiphertext): void {
  writer.opaque(kemOutput).opaque(ciphertext);
}
