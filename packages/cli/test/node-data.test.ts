import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { POSTGRES_BIN, POSTGRES_MISSING, PostgresServer } from '@conclave/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conclave, HOOK_TIMEOUT_MS, startNode, temporaryFolder } from './cli.testkit.js';

/** Somebody who registers with one node and is looked for on another. */
class Registered {
  readonly db = join(temporaryFolder(), 'a.db3');
  address = '';

  async register(url: string): Promise<this> {
    const run = await conclave(['init', '--throw-away', '--json', '--db', this.db, '--node', url]);
    this.address = (JSON.parse(run.stdout) as { address: string }).address;
    return this;
  }

  /** True when the node knows the address. */
  async isKnownAt(url: string): Promise<boolean> {
    const run = await conclave(['can-message', this.address, '--json', '--db', this.db, '--node', url]);
    return Object.values(JSON.parse(run.stdout) as Record<string, boolean>)[0] === true;
  }
}

/** Each test starts many processes, on a machine that may be busy. */
const LIMIT_MS = 240_000;

const errorOf = (stderr: string): string => (JSON.parse(stderr) as { error: { code: string } }).error.code;

describe('node backup and restore', () => {
  it(
    'copy a running node and bring it back',
    async () => {
      const folder = temporaryFolder();
      const [data, backup, restored] = ['data', 'backup', 'restored'].map((name) => join(folder, name));
      const node = await startNode(data);
      const somebody = await new Registered().register(node.url);
      const taken = await conclave(['node', 'backup', '--data', data!, '--to', backup!, '--json']);
      expect(taken.code, taken.stderr).toBe(0);
      expect(JSON.parse(taken.stdout)).toMatchObject({ store: 'sqlite', files: [{ path: 'node.db' }] });
      await node.stop();
      const run = await conclave(['node', 'restore', '--from', backup!, '--data', restored!]);
      expect(run.stdout, run.stderr).toContain(`to ${restored}`);
      const again = await startNode(restored);
      expect(await somebody.isKnownAt(again.url)).toBe(true);
      await again.stop();
    },
    LIMIT_MS,
  );
});

it(
  'the commands of data read the file that a node is started with',
  async () => {
    const folder = temporaryFolder();
    const [data, backup, restored] = ['data', 'backup', 'restored'].map((name) => join(folder, name));
    const init = await conclave(['node', 'init', '--data', data!]);
    expect(init.code, init.stderr).toBe(0);
    const config = join(data!, 'node.env');
    await (await startNode(data, ['--config', config])).stop();
    const taken = await conclave(['node', 'backup', '--config', config, '--to', backup!, '--json']);
    expect(taken.code, taken.stderr).toBe(0);
    expect(JSON.parse(taken.stdout)).toMatchObject({ folder: backup, store: 'sqlite', files: [{ path: 'node.db' }] });
    // What the command line says comes first, as everywhere.
    const run = await conclave([
      'node',
      'restore',
      '--config',
      config,
      '--data',
      restored!,
      '--from',
      backup!,
      '--json',
    ]);
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ dataDir: restored });
  },
  LIMIT_MS,
);

if (POSTGRES_BIN === undefined && process.env.CI !== undefined) {
  it('finds a PostgreSQL server to test with', () => expect.fail(POSTGRES_MISSING));
}

describe.runIf(POSTGRES_BIN !== undefined)('with PostgreSQL', () => {
  let server: PostgresServer;
  const env = { CONCLAVE_POSTGRES_BIN: POSTGRES_BIN ?? '' };
  beforeAll(async () => {
    server = await PostgresServer.start();
  }, HOOK_TIMEOUT_MS);
  afterAll(() => server?.stop());

  it(
    'a node is migrated from SQLite, backed up while it runs, and restored',
    async () => {
      const folder = temporaryFolder();
      const [data, backup, elsewhere] = ['data', 'backup', 'elsewhere'].map((name) => join(folder, name));
      const onSqlite = await startNode(data);
      const somebody = await new Registered().register(onSqlite.url);
      await onSqlite.stop();

      const url = await server.createDatabase();
      const migrate = ['node', 'migrate', '--from', 'sqlite', '--to', 'postgres', '--data', data!, '--json'];
      const migrated = await conclave(migrate, { env: { CONCLAVE_NODE_POSTGRES: url } });
      expect(migrated.code, migrated.stderr).toBe(0);
      expect(JSON.parse(migrated.stdout)).toMatchObject({ rows: { inboxes: 1, key_packages: 1 } });
      const onPostgres = await startNode(data, ['--postgres', url]);
      const taken = await conclave(['node', 'backup', '--data', data!, '--to', backup!, '--postgres', url], { env });
      expect(taken.code, taken.stderr).toBe(0);
      expect(readFileSync(join(backup!, 'manifest.json'), 'utf8')).not.toContain('postgres://');
      await onPostgres.stop();

      const fresh = await server.createDatabase();
      const restore = ['node', 'restore', '--from', backup!, '--data', elsewhere!, '--json', '--postgres', fresh];
      const restored = await conclave(restore, { env });
      expect(restored.code, restored.stderr).toBe(0);
      const occupied = await conclave(restore, { env });
      expect(errorOf(occupied.stderr)).toBe('node/database-not-empty');
      const again = await startNode(elsewhere, ['--postgres', fresh]);
      expect(await somebody.isKnownAt(again.url)).toBe(true);
      await again.stop();
    },
    LIMIT_MS,
  );
});
