/** Key packages of the installation: whoever invites it with one of them, before the next is published, is still understood. */
import { equalBytes, toHex, xwingPublicKey } from '@conclave/crypto';
import { type CipherSuite, decodeKeyPackage, keyPackageRef } from '@conclave/mls';
import type { Database } from '@conclave/sqlite';
import { present } from '../store/columns.js';
import { insertKeyPackage } from '../store/key-packages.js';
import { BincodeReader } from './bincode.js';
import type { OpenMlsValues } from './key-value.js';
import { keyPackageBundle } from './openmls-nodes.js';

/** Takes in those that are whole, with both of their private keys; the others could not be used. The next one is due at once if none is. */
export function takeKeyPackages(db: Database, values: OpenMlsValues, suite: CipherSuite, nowNs: bigint): void {
  const rows = db
    .prepare<{ key_package_hash_ref: Uint8Array; created_at_ns: bigint; delete_at_ns: bigint | null }>(
      'SELECT key_package_hash_ref, created_at_ns, delete_at_ns FROM key_package_history ORDER BY id',
      { bigints: true },
    )
    .all();
  let hasCurrent = false;
  for (const row of rows) {
    const ref = new BincodeReader(row.key_package_hash_ref).bytes();
    const bundle = values.keyPackage(toHex(ref));
    const wrapper = values.wrapperKey(toHex(ref));
    if (bundle === undefined || wrapper === undefined) continue;
    const { keyPackage: bytes, initPrivateKey, encryptionPrivateKey } = BincodeReader.whole(bundle, keyPackageBundle);
    const keyPackage = decodeKeyPackage(bytes);
    const wrapperSeed = new BincodeReader(wrapper).bytes();
    if (!equalBytes(keyPackageRef(suite, keyPackage), ref)) continue;
    insertKeyPackage(db, {
      ref,
      keyPackage: bytes,
      initPublicKey: keyPackage.initKey,
      initPrivateKey,
      encryptionPrivateKey,
      wrapperPublicKey: xwingPublicKey(suite.provider, wrapperSeed),
      wrapperSeed,
      createdAtNs: row.created_at_ns,
      uploadedAtNs: row.created_at_ns,
      deleteAtNs: present(row.delete_at_ns),
    });
    hasCurrent ||= row.delete_at_ns === null;
  }
  if (!hasCurrent) db.prepare('UPDATE installation SET key_package_due_ns = ?').run(nowNs);
}
