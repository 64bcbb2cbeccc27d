/**
 * Storage of the extensions of a GroupContext, which may be large: one row for all epochs that share them, keyed by the
 * epoch that set them.
 */
import { decodeExactly, MlsError } from '../errors.js';
import { type Extension, readExtensions } from '../extension.js';
import { epochKey, ROW_KIND, type RowJournal } from '../rows.js';

/** Extensions with their encoding `Extension extensions<V>`. */
export interface ContextExtensions {
  readonly extensions: readonly Extension[];
  readonly rawExtensions: Uint8Array;
}

/** Writes the extensions of an epoch, and drops those that no kept epoch uses. */
export function putContextExtensions(rows: RowJournal, epoch: bigint, rawExtensions: Uint8Array | null): void {
  rows.put(ROW_KIND.extensions, epochKey(epoch), rawExtensions);
}

/** @throws MlsError `mls/corrupt-rows` */
export function getContextExtensions(rows: RowJournal, epoch: bigint): ContextExtensions {
  const rawExtensions = rows.get(ROW_KIND.extensions, epochKey(epoch));
  if (rawExtensions === undefined) throw new MlsError('mls/corrupt-rows', { structure: 'extensions', epoch });
  const extensions = decodeExactly('extensions', rawExtensions, readExtensions, 'mls/corrupt-rows');
  return { extensions, rawExtensions };
}
