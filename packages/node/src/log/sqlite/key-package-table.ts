/** key_packages: the one current key package of each installation. */
import type { Database, Statement } from '@conclave/sqlite';
import type { ByteBudget } from '../byte-budget.js';
import type { Counters } from './counters.js';

/** The table with its statements. */
export class KeyPackageTable {
  readonly #put: Statement;
  readonly #get: Statement<{ key_package: Uint8Array }>;

  constructor(db: Database) {
    // updated_ns moves with every upload, so that expiry can follow the last sign of life and not the first.
    this.#put = db.prepare(
      `INSERT INTO key_packages (installation_key, created_ns, updated_ns, key_package) VALUES (?, ?, ?, ?)
       ON CONFLICT (installation_key) DO UPDATE SET updated_ns = excluded.updated_ns, key_package = excluded.key_package`,
    );
    this.#get = db.prepare('SELECT key_package FROM key_packages WHERE installation_key = ?');
  }

  /** Inside a transaction. */
  put(installationKey: Uint8Array, keyPackage: Uint8Array, counters: Counters, wallNs: bigint): void {
    const position = counters.next('key-package', wallNs);
    counters.take('key-package', position);
    this.#put.run(installationKey, position.createdNs, position.createdNs, keyPackage);
  }

  /** @throws NodeError `node/answer-too-large` */
  get(installationKeys: readonly Uint8Array[], budget: ByteBudget): (Uint8Array | undefined)[] {
    return installationKeys.map((key) => {
      const keyPackage = this.#get.get(key)?.key_package;
      if (keyPackage !== undefined) budget.take(keyPackage.length);
      return keyPackage;
    });
  }
}
