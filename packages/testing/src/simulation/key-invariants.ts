/** What must be gone: keys past their time lie on no device. Looks into the tables, as a thief of the file would. */
import { ROW_KIND } from '@conclave/mls';
import type { Device } from '../device.js';
import { violated } from './invariants.js';

/** Epochs that are over and still readable (libxmtp 1.10.0). */
const MAX_PAST_EPOCHS = 3;
/** The current key package and the one before. */
const MAX_KEY_PACKAGES = 2;

/** Rows of the engine that belong to an epoch; their keys begin with it, 8 bytes. */
const EPOCH_ROWS = [ROW_KIND.secretTreeNode, ROW_KIND.ratchet, ROW_KIND.pastEpoch, ROW_KIND.pastLeaf];

/** @throws TestingError `testing/violation` with invariant `keys-deleted` */
export function checkKeys(device: Device, nowNs: bigint): void {
  const isRegistered = device.client.identity.status === 'registered';
  const packages = device.data
    .prepare<{ delete_at_ns: bigint | null }>('SELECT delete_at_ns FROM key_packages', { bigints: true })
    .all();
  if (packages.length > MAX_KEY_PACKAGES) {
    violated('keys-deleted', { device: device.name, keyPackages: packages.length });
  }
  for (const { delete_at_ns: deleteAtNs } of packages) {
    if (isRegistered && deleteAtNs !== null && deleteAtNs < nowNs - 60_000_000_000n) {
      violated('keys-deleted', { device: device.name, keyPackageDueNs: deleteAtNs });
    }
  }
  for (const { id } of device.client.conversations.list({
    consentStates: ['allowed', 'unknown', 'denied'],
    includeDuplicateDms: true,
  })) {
    const conversation = device.client.conversations.get(id);
    if (conversation === undefined || conversation.row.membershipState === 'restored') continue;
    const { epoch } = conversation.debugInfo();
    const rows = device.data
      .prepare<{ kind: number; key: Uint8Array }>(
        `SELECT kind, key FROM mls_rows WHERE group_id = ? AND kind IN (${EPOCH_ROWS.join()})`,
      )
      .all(Uint8Array.from(Buffer.from(id, 'hex')));
    for (const { kind, key } of rows) {
      const of = new DataView(key.buffer, key.byteOffset).getBigUint64(0);
      if (of + BigInt(MAX_PAST_EPOCHS) < epoch) {
        violated('keys-deleted', { device: device.name, groupId: id, kind, epoch, keysOf: of });
      }
    }
  }
}
