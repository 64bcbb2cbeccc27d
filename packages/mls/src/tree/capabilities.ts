/** Capabilities of a leaf (RFC 9420 section 7.2): what its client supports. Unknown numbers are kept and mean nothing. */
import { CryptoError, type TlsReader, type TlsWriter } from '@conclave/crypto';

/** Lists in the order of the encoding; the order and any default values listed are kept. */
export interface Capabilities {
  readonly versions: readonly number[];
  readonly cipherSuites: readonly number[];
  readonly extensions: readonly number[];
  readonly proposals: readonly number[];
  readonly credentials: readonly number[];
}

/** The lists of capabilities, by field name. */
export const CAPABILITY_FIELDS = ['versions', 'cipherSuites', 'extensions', 'proposals', 'credentials'] as const;

/** Reads `uint16 x<V>`. @throws CryptoError `codec/…` */
export function readUint16List(reader: TlsReader): number[] {
  const bytes = reader.opaque();
  if (bytes.length % 2 !== 0) throw new CryptoError('codec/truncated', { needed: 2, left: 1 });
  const values: number[] = [];
  for (let i = 0; i < bytes.length; i += 2) values.push(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
  return values;
}

/** Writes `uint16 x<V>`. */
export function writeUint16List(writer: TlsWriter, values: readonly number[]): void {
  writer.vectorLength(2 * values.length);
  for (const value of values) writer.u16(value);
}

/** Reads the five lists. */
export function readCapabilities(reader: TlsReader): Capabilities {
  return {
    versions: readUint16List(reader),
    cipherSuites: readUint16List(reader),
    extensions: readUint16List(reader),
    proposals: readUint16List(reader),
    credentials: readUint16List(reader),
  };
}

/** Writes the five lists as they are. */
export function writeCapabilities(writer: TlsWriter, capabilities: Capabilities): void {
  for (const field of CAPABILITY_FIELDS) writeUint16List(writer, capabilities[field]);
}
