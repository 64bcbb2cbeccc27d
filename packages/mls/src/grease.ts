/**
 * GREASE (RFC 9420 section 13.5): values that mean nothing, sent so that receivers who choke on the unknown are found
 * early. Received ones need no code: they are unknown values like any other.
 */
import type { Random } from '@conclave/crypto';
import type { Extension } from './extension.js';
import type { Capabilities } from './tree/capabilities.js';

/** The fifteen reserved values 0x0A0A to 0xEAEA; 0xFAFA is left to private use. */
export const GREASE_VALUES: readonly number[] = Array.from({ length: 15 }, (_, i) => 0x0a0a + 0x1010 * i);

/** Whether the value is reserved for GREASE. */
export function isGrease(value: number): boolean {
  return GREASE_VALUES.includes(value);
}

function pick(random: Random): number {
  // 255 is a multiple of 15; the one byte above would favour the first value and is drawn again.
  for (;;) {
    const byte = random(1)[0] ?? 0;
    if (byte < 255) return GREASE_VALUES[byte % 15] as number;
  }
}

/** The capabilities with one random GREASE value at the end of each list that may carry one. */
export function greaseCapabilities(capabilities: Capabilities, random: Random): Capabilities {
  return {
    versions: capabilities.versions,
    cipherSuites: [...capabilities.cipherSuites, pick(random)],
    extensions: [...capabilities.extensions, pick(random)],
    proposals: [...capabilities.proposals, pick(random)],
    credentials: [...capabilities.credentials, pick(random)],
  };
}

/**
 * What a leaf says with GREASE in it: a random value in each list of its capabilities, and an extension of such a type.
 * For the `leaf` of groups that are created or joined, and of commits that change it.
 */
export function greaseLeaf<
  Leaf extends { readonly capabilities: Capabilities; readonly extensions: readonly Extension[] },
>(leaf: Leaf, random: Random): Leaf {
  const capabilities = greaseCapabilities(leaf.capabilities, random);
  const type = capabilities.extensions.at(-1) as number;
  return { ...leaf, capabilities, extensions: [...leaf.extensions, { ...greaseExtension(random), type }] };
}

/**
 * A random GREASE extension with up to 15 random bytes, for a KeyPackage or GroupInfo. In a LeafNode its type must
 * also be listed in the capabilities.
 */
export function greaseExtension(random: Random): Extension {
  return { type: pick(random), data: random((random(1)[0] ?? 0) & 15) };
}
