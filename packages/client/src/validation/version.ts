/**
 * The version gate (XIP-72): an attribute names the oldest client that may go on in a conversation.
 *
 * The deployed client (libxmtp 1.10.0) compares three integers and an optional suffix behind the first `-`, and puts a
 * version without suffix *below* the same version with one, unlike semantic versioning.
 */
import { compareBytes, utf8 } from '@conclave/crypto';
import { ATTRIBUTE, type MutableMetadata } from '../payloads/mutable-metadata.js';

/** The libxmtp version whose behaviour this client matches, and so the one it answers with. */
export const OWN_PROTOCOL_VERSION = '1.10.0';

/** Above what any conversation may demand: for looking behind the gate (`groups/removal-ahead.ts`). */
export const NEWEST_PROTOCOL_VERSION = '4294967295.4294967295.4294967295-\u{10ffff}';

/** A version as the gate reads it. */
export interface ProtocolVersion {
  readonly numbers: readonly [number, number, number];
  readonly suffix?: string;
}

const UINT32_MAX = 0xffff_ffff;

/** Reads `major.minor.patch[-suffix]`, or gives undefined: two dots, unsigned 32-bit numbers, what follows a second `-` ignored. */
export function parseProtocolVersion(text: string): ProtocolVersion | undefined {
  const parts = text.split('.');
  const [patchText, suffix] = (parts[2] ?? '').split('-');
  if (parts.length !== 3 || patchText === undefined) return undefined;
  const major = uint32(parts[0] as string);
  const minor = uint32(parts[1] as string);
  const patch = uint32(patchText);
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  return suffix === undefined ? { numbers: [major, minor, patch] } : { numbers: [major, minor, patch], suffix };
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
export function compareProtocolVersions(a: ProtocolVersion, b: ProtocolVersion): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a.numbers[i] as number) - (b.numbers[i] as number);
    if (difference !== 0) return difference;
  }
  if (a.suffix === undefined || b.suffix === undefined) {
    return (a.suffix === undefined ? 0 : 1) - (b.suffix === undefined ? 0 : 1);
  }
  return compareBytes(utf8(a.suffix), utf8(b.suffix));
}

/**
 * How a version stands to the least one demanded.
 * `malformed` when either is not a version.
 */
export function checkProtocolVersion(minimum: string, own: string): 'supported' | 'too-old' | 'malformed' {
  const demanded = parseProtocolVersion(minimum);
  const ours = parseProtocolVersion(own);
  if (demanded === undefined || ours === undefined) return 'malformed';
  return compareProtocolVersions(demanded, ours) > 0 ? 'too-old' : 'supported';
}

/** The least version that a conversation demands, or undefined. */
export function minimumProtocolVersion(metadata: MutableMetadata): string | undefined {
  return metadata.attributes.get(ATTRIBUTE.minimumSupportedProtocolVersion);
}

/** The version that a conversation waits for, or undefined when this client may go on; a malformed one does not pause. */
export function pausedForVersion(metadata: MutableMetadata, own: string): string | undefined {
  const minimum = minimumProtocolVersion(metadata);
  return minimum !== undefined && checkProtocolVersion(minimum, own) === 'too-old' ? minimum : undefined;
}

function uint32(text: string): number | undefined {
  if (!/^\+?[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return value <= UINT32_MAX ? value : undefined;
}
