/** key_packages: the one current key package of each installation. */
import type { ByteBudget } from '../byte-budget.js';
import { bytesList } from './column-lists.js';
import type { Pool } from './pool.js';

// updated_ns moves with every upload, so that expiry can follow the last sign of life and not the first.
const PUT = `
  INSERT INTO key_packages AS k (installation_key, created_ns, updated_ns, key_package) VALUES ($1, $2, $2, $3)
  ON CONFLICT (installation_key) DO UPDATE
  SET updated_ns = greatest(k.updated_ns, excluded.updated_ns), key_package = excluded.key_package`;

/** Stops behind the row that uses up the bytes; the budget then refuses the answer. */
const GET = `
  SELECT ordinal, key_package FROM (
    SELECT i.ordinal, k.key_package, sum(octet_length(k.key_package)) OVER (ORDER BY i.ordinal) AS bytes
    FROM unnest(string_to_array($1, ',')) WITH ORDINALITY AS i (installation_key, ordinal)
    JOIN key_packages AS k ON k.installation_key = decode(i.installation_key, 'base64')
  ) AS measured WHERE bytes - octet_length(key_package) <= $2::BIGINT`;

/** The table with its statements. */
export class KeyPackageTable {
  readonly #writer: Pool;
  readonly #reader: Pool;

  constructor(writer: Pool, reader: Pool) {
    this.#writer = writer;
    this.#reader = reader;
  }

  async put(installationKey: Uint8Array, keyPackage: Uint8Array, wallNs: bigint): Promise<void> {
    await this.#writer.query(PUT, [installationKey, wallNs, keyPackage]);
  }

  /** @throws NodeError `node/answer-too-large` */
  async get(installationKeys: readonly Uint8Array[], budget: ByteBudget): Promise<(Uint8Array | undefined)[]> {
    const found = new Array<Uint8Array | undefined>(installationKeys.length);
    if (installationKeys.length === 0) return found;
    const parameters = [bytesList(installationKeys), budget.left];
    const rows = await this.#reader.query<{ ordinal: bigint; key_package: Uint8Array }>(GET, parameters);
    for (const { ordinal, key_package: keyPackage } of rows) {
      budget.take(keyPackage.length);
      found[Number(ordinal) - 1] = keyPackage;
    }
    return found;
  }
}
