/** Lifetime of a leaf that came with a key package (RFC 9420 section 7.2). */
import type { TlsReader, TlsWriter } from '@conclave/crypto';

/** Seconds since the Unix epoch. */
export interface Lifetime {
  readonly notBefore: bigint;
  readonly notAfter: bigint;
}

/** 84 days and the hour that a package is back-dated: the longest span that libxmtp 1.10.0 accepts, in seconds. */
export const MAX_LIFETIME_RANGE_SECONDS = 7_261_200n;

/** Reads two u64. */
export function readLifetime(reader: TlsReader): Lifetime {
  return { notBefore: reader.u64(), notAfter: reader.u64() };
}

/** Writes two u64. */
export function writeLifetime(writer: TlsWriter, { notBefore, notAfter }: Lifetime): void {
  writer.u64(notBefore).u64(notAfter);
}

/** Whether `nowSeconds` lies within the lifetime; its last second is outside, as deployed clients see it. */
export function lifetimeIncludes({ notBefore, notAfter }: Lifetime, nowSeconds: bigint): boolean {
  return notBefore <= nowSeconds && nowSeconds < notAfter;
}

/** Whether the lifetime runs forward and is no longer than the accepted maximum. */
export function lifetimeRangeIsAcceptable({ notBefore, notAfter }: Lifetime): boolean {
  return notBefore <= notAfter && notAfter - notBefore <= MAX_LIFETIME_RANGE_SECONDS;
}
