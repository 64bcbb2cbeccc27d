/**
 * The welcomes that a commit owes, kept with its intent until they are sent: a crash between the commit and its welcomes
 * must not leave new members outside.
 *
 * ```
 * opaque welcome<V>
 * Joiner joiners<V>      { opaque installation_id<V>; uint8 algorithm; opaque public_key<V>; uint8 supports_pointers }
 * ```
 */
import { decodeTls, encodeTls } from '@conclave/crypto';
import { ClientError } from '../errors.js';
import type { Joiner } from './welcome-inputs.js';

/** What is to be sent once the commit has its place in the order. */
export interface PendingWelcomes {
  /** MLS Welcome as MLSMessage. */
  readonly welcome: Uint8Array;
  readonly joiners: readonly Joiner[];
}

const ALGORITHMS = ['curve25519', 'xwing'] as const;

/** For the table `owed_welcomes`. */
export function encodePendingWelcomes({ welcome, joiners }: PendingWelcomes): Uint8Array {
  return encodeTls(joiners, (writer) => {
    writer.opaque(welcome);
    writer.vector((list) => {
      for (const { installationId, wrapperKey, supportsPointers } of joiners) {
        list.opaque(installationId).u8(ALGORITHMS.indexOf(wrapperKey.algorithm)).opaque(wrapperKey.publicKey);
        list.u8(supportsPointers ? 1 : 0);
      }
    });
  });
}

/** @throws ClientError `client/database-damaged` */
export function decodePendingWelcomes(bytes: Uint8Array): PendingWelcomes {
  try {
    return decodeTls(bytes, (reader) => ({
      welcome: reader.opaque(),
      joiners: reader.vector((item) => ({
        installationId: item.opaque(),
        wrapperKey: { algorithm: ALGORITHMS[item.u8()] ?? 'curve25519', publicKey: item.opaque() },
        supportsPointers: item.u8() === 1,
      })),
    }));
  } catch (cause) {
    throw new ClientError('client/database-damaged', { table: 'owed_welcomes' }, cause);
  }
}
