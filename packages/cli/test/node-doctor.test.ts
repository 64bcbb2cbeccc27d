/** `node doctor` on PostgreSQL and NATS. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSelfSigned } from '@conclave/node';
import {
  freePort,
  NATS_MISSING,
  NATS_SERVER,
  NatsCluster,
  POSTGRES_BIN,
  POSTGRES_MISSING,
  PostgresServer,
} from '@conclave/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conclave, HOOK_TIMEOUT_MS, startNode, temporaryFolder } from './cli.testkit.js';

interface Check {
  readonly check: string;
  readonly status: string;
  readonly finding: string;
}

/** Exit code and the checks of what nodes share. */
async function doctor(
  first: string | Record<string, string>,
  ...rest: string[]
): Promise<{ code: number | null; checks: Check[]; text: string }> {
  const [env, options] = typeof first === 'string' ? [{}, [first, ...rest]] : [first, rest];
  const ports = ['--grpc', '127.0.0.1:0', '--web', '127.0.0.1:0'];
  const data = join(temporaryFolder(), 'data');
  const { code, stdout, stderr } = await conclave(['node', 'doctor', '--data', data, ...ports, ...options, '--json'], {
    env,
  });
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { code, checks: checks.filter(({ check }) => /^(postgres|nats)/.test(check)), text: stdout + stderr };
}

for (const [there, missing] of [
  [POSTGRES_BIN, POSTGRES_MISSING],
  [NATS_SERVER, NATS_MISSING],
]) {
  if (there === undefined && process.env.CI !== undefined)
    it('finds the servers to test with', () => expect.fail(missing));
}

describe.runIf(POSTGRES_BIN !== undefined)('node doctor asks PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  }, HOOK_TIMEOUT_MS);
  afterAll(() => server?.stop());
  const statuses = (checks: Check[]) => Object.fromEntries(checks.map(({ check, status }) => [check, status]));

  it('before its first node and while one runs', async () => {
    const url = await server.createDatabase();
    const fresh = await doctor('--postgres', url);
    // The server of the tests is told not to wait for the disk.
    const good = { postgres: 'ok', 'postgres tables': 'ok', 'postgres clock': 'ok', 'postgres connections': 'ok' };
    expect([fresh.code, statuses(fresh.checks)]).toEqual([0, { ...good, 'postgres durability': 'warning' }]);
    expect(fresh.checks.map(({ finding }) => finding)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^127\.0\.0\.1:\d+\/test_\d+, PostgreSQL \d+\.\d+, answers in/),
        expect.stringMatching(/^none yet/),
        expect.stringMatching(/nodes hold 0, one more opens up to 13$/),
      ]),
    );
    const node = await startNode(undefined, ['--postgres', url]);
    const { checks } = await doctor('--postgres', url);
    expect(checks.find(({ check }) => check === 'postgres tables')?.finding).toMatch(/^version \d+, 1 shard$/);
    expect(checks.find(({ check }) => check === 'postgres connections')?.finding).toMatch(/nodes hold [1-9]/);
    await node.stop();
  });

  it('and says what to do when it cannot be used, without its password', async () => {
    const away = await doctor('--postgres', `postgres://user:secret@127.0.0.1:${await freePort()}/conclave`);
    expect(away.code).not.toBe(0);
    expect(away.checks).toMatchObject([{ check: 'postgres', status: 'failed' }]);
    expect(away.checks[0]?.finding).toContain('start the server');
    expect(away.text).not.toContain('secret');
    const absent = await doctor('--postgres', server.url('absent'));
    expect(absent.checks[0]?.finding).toContain('createdb');
  });

  it('for what its login may do', async () => {
    const url = await server.createDatabase();
    const name = new URL(url).pathname.slice(1);
    await server.run(`CREATE ROLE guest_${name} LOGIN CONNECTION LIMIT 5`);
    const guest = url.replace('conclave@', `guest_${name}@`);
    const { code, checks } = await doctor('--postgres', guest);
    expect(code).not.toBe(0);
    expect(statuses(checks)).toMatchObject({ 'postgres tables': 'failed', 'postgres connections': 'failed' });
    expect(checks.find(({ check }) => check === 'postgres connections')?.finding).toContain('5 of 5 are free');
  });

  it.runIf(NATS_SERVER !== undefined)('and NATS: servers that are away, and that are not of one cluster', async () => {
    const url = await server.createDatabase();
    const clusters = [await NatsCluster.start(2), await NatsCluster.start(1)] as const;
    try {
      const [first = '', second = ''] = clusters[0].urls;
      const [stranger = ''] = clusters[1].urls;
      const together = await doctor('--postgres', url, '--nats', `${first},${second}`);
      expect([together.code, together.checks.filter(({ check }) => check === 'nats')]).toMatchObject([
        ...[0, [{ status: 'ok' }, { status: 'ok' }]],
      ]);
      const node = await startNode(undefined, ['--postgres', url, '--nats', first, '--log-level', 'info']);
      await node.says(/"event":"nats-connected"/);
      await node.stop();
      const gone = `nats://127.0.0.1:${await freePort()}`;
      const apart = await doctor('--postgres', url, '--nats', `${first},${stranger},${gone}`);
      expect(apart.code).not.toBe(0);
      expect(apart.checks.filter(({ check }) => check === 'nats')).toMatchObject([
        { status: 'ok' },
        { status: 'failed', finding: expect.stringContaining('one cluster') },
        { status: 'failed', finding: expect.stringContaining('does not answer') },
      ]);
    } finally {
      await Promise.all(clusters.map((cluster) => cluster.stop()));
    }
  });

  it.runIf(NATS_SERVER !== undefined)('and NATS over TLS, with a login', async () => {
    const folder = temporaryFolder();
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const pair = createSelfSigned(['localhost', '127.0.0.1'], 30);
    writeFileSync(certFile, pair.cert);
    writeFileSync(keyFile, pair.key);
    const login = { user: 'conclave', password: 'a word/of its own' };
    const cluster = await NatsCluster.start(1, { login, tls: { certFile, keyFile } });
    try {
      const options = ['--postgres', await server.createDatabase(), '--nats', cluster.urls.join(',')];
      const nats = async (env: Record<string, string>) =>
        (await doctor(env, ...options)).checks.filter(({ check }) => check === 'nats');
      expect(await nats({ NODE_EXTRA_CA_CERTS: certFile })).toMatchObject([{ status: 'ok' }]);
      expect(await nats({})).toMatchObject([{ status: 'failed' }]);
    } finally {
      await cluster.stop();
    }
  });
});
