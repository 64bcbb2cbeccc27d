/** key_packages: the one current key package of each installation. */
import type { ByteBudget } from '../byte-budget.js';
import { unnotedUses } from '../key-package-use.js';
import type { Pruned, PruneRequest } from '../log.js';
import { bytesList } from './column-lists.js';
import type { Pool } from './pool.js';

// updated_ns moves with every use, so that expiry can follow the last sign of life and not the first.
const PUT = `
  INSERT INTO key_packages AS k (installation_key, created_ns, updated_ns, key_package) VALUES ($1, $2, $2, $3)
  ON CONFLICT (installation_key) DO UPDATE
  SET updated_ns = greatest(k.updated_ns, excluded.updated_ns), key_package = excluded.key_package`;

/** Stops behind the row that uses up the bytes; the budget then refuses the answer. */
const GET = `
  SELECT ordinal, key_package, updated_ns FROM (
    SELECT i.ordinal, k.key_package, k.updated_ns, sum(octet_length(k.key_package)) OVER (ORDER BY i.ordinal) AS bytes
    FROM unnest(string_to_array($1, ',')) WITH ORDINALITY AS i (installation_key, ordinal)
    JOIN key_packages AS k ON k.installation_key = decode(i.installation_key, 'base64')
  ) AS measured WHERE bytes - octet_length(key_package) <= $2::BIGINT`;

const USE = `
  UPDATE key_packages SET updated_ns = greatest(updated_ns, $2) WHERE installation_key IN
    (SELECT decode(i.installation_key, 'base64') FROM unnest(string_to_array($1, ',')) AS i (installation_key))`;

const PRUNE = `
  DELETE FROM key_packages WHERE installation_key IN
    (SELECT installation_key FROM key_packages WHERE updated_ns < $1 ORDER BY updated_ns LIMIT $2)
  RETURNING 1 AS gone`;

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
  async get(
    installationKeys: readonly Uint8Array[],
    budget: ByteBudget,
    wallNs: bigint,
  ): Promise<(Uint8Array | undefined)[]> {
    const found = new Array<{ keyPackage: Uint8Array; usedNs: bigint } | undefined>(installationKeys.length);
    found.fill(undefined);
    if (installationKeys.length === 0) return [];
    const parameters = [bytesList(installationKeys), budget.left];
    const rows = await this.#reader.query<{ ordinal: bigint; key_package: Uint8Array; updated_ns: bigint }>(
      GET,
      parameters,
    );
    for (const { ordinal, key_package: keyPackage, updated_ns: usedNs } of rows) {
      budget.take(keyPackage.length);
      found[Number(ordinal) - 1] = { keyPackage, usedNs };
    }
    const used = unnotedUses(installationKeys, found, wallNs);
    // Nobody waits for the note; one that fails is made at the next use.
    if (used.length > 0) this.#writer.query(USE, [bytesList(used), wallNs], { waitMs: 0 }).catch(() => undefined);
    return found.map((one) => one?.keyPackage);
  }

  /** One step: packages that were not used since. */
  async prune({ beforeNs, maxRows }: Omit<PruneRequest, 'kind'>): Promise<Pruned> {
    const rows = await this.#writer.query(PRUNE, [beforeNs, maxRows], { waitMs: 0 });
    return { deleted: rows.length, done: rows.length < maxRows };
  }
}
