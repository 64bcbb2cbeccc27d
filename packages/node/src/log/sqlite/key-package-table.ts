/** key_packages: the one current key package of each installation. */
import type { Database, Statement } from '@conclave/sqlite';
import type { ByteBudget } from '../byte-budget.js';
import type { Pruned, PruneRequest } from '../log.js';
import type { Counters } from './counters.js';

/** A key package and when it was last used. */
export interface StoredKeyPackage {
  readonly keyPackage: Uint8Array;
  readonly usedNs: bigint;
}

/** The table with its statements. */
export class KeyPackageTable {
  readonly #put: Statement;
  readonly #get: Statement<{ key_package: Uint8Array; updated_ns: bigint }>;
  readonly #use: Statement;
  readonly #prune: Statement;

  constructor(db: Database) {
    // updated_ns moves with every use, so that expiry can follow the last sign of life and not the first.
    this.#put = db.prepare(
      `INSERT INTO key_packages (installation_key, created_ns, updated_ns, key_package) VALUES (?, ?, ?, ?)
       ON CONFLICT (installation_key) DO UPDATE SET updated_ns = excluded.updated_ns, key_package = excluded.key_package`,
    );
    this.#get = db.prepare('SELECT key_package, updated_ns FROM key_packages WHERE installation_key = ?', {
      bigints: true,
    });
    this.#use = db.prepare('UPDATE key_packages SET updated_ns = max(updated_ns, ?) WHERE installation_key = ?');
    this.#prune = db.prepare(
      `DELETE FROM key_packages WHERE installation_key IN
         (SELECT installation_key FROM key_packages WHERE updated_ns < ? ORDER BY updated_ns LIMIT ?)`,
    );
  }

  /** Inside a transaction. */
  put(installationKey: Uint8Array, keyPackage: Uint8Array, counters: Counters, wallNs: bigint): void {
    const position = counters.next('key-package', wallNs);
    counters.take('key-package', position);
    this.#put.run(installationKey, position.createdNs, position.createdNs, keyPackage);
  }

  /** @throws NodeError `node/answer-too-large` */
  get(installationKeys: readonly Uint8Array[], budget: ByteBudget): (StoredKeyPackage | undefined)[] {
    return installationKeys.map((key) => {
      const row = this.#get.get(key);
      if (row === undefined) return undefined;
      budget.take(row.key_package.length);
      return { keyPackage: row.key_package, usedNs: row.updated_ns };
    });
  }

  /** Inside a transaction. */
  use(installationKeys: readonly Uint8Array[], wallNs: bigint): void {
    for (const key of installationKeys) this.#use.run(wallNs, key);
  }

  /** Inside a transaction. */
  prune({ beforeNs, maxRows }: Omit<PruneRequest, 'kind'>): Pruned {
    const { changes } = this.#prune.run(beforeNs, maxRows);
    return { deleted: changes, done: changes < maxRows };
  }
}
