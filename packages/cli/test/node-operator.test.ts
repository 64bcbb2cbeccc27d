import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createSelfSigned } from '@conclave/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conclave, freePort, HOOK_TIMEOUT_MS, NodeProcess, temporaryFolder } from './cli.testkit.js';

interface Check {
  readonly check: string;
  readonly status: string;
  readonly finding: string;
}

const errorOf = (stderr: string): string =>
  (JSON.parse(stderr.trim().split('\n').at(-1) as string) as { error: { code: string } }).error.code;

describe('node init', () => {
  const data = join(temporaryFolder(), 'node');
  const config = join(data, 'node.env');
  const cert = join(data, 'tls-cert.pem');

  beforeAll(async () => {
    const { code, stdout, stderr } = await conclave(['node', 'init', '--data', data, '--json']);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ...{ dataDir: data, config, tlsCert: cert, tlsKey: join(data, 'tls-key.pem'), selfSigned: true },
    });
  }, HOOK_TIMEOUT_MS);

  it('leaves files that nobody else reads', () => {
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(statSync(join(data, 'tls-key.pem')).mode & 0o777).toBe(0o600);
  });

  it('overwrites nothing', async () => {
    const before = readFileSync(config, 'utf8');
    const { code, stderr } = await conclave(['node', 'init', '--data', data, '--json']);
    expect([code !== 0, errorOf(stderr)]).toEqual([true, 'cli/node-exists']);
    expect(readFileSync(config, 'utf8')).toBe(before);
  });

  it.each(['/proc/conclave/node', join(config, 'below')])('says at once that %s cannot be made', async (folder) => {
    const { code, stderr } = await conclave(['node', 'init', '--data', folder, '--json']);
    expect([code !== 0, errorOf(stderr)]).toEqual([true, 'node/data-directory-unusable']);
  });

  it('makes what a node starts with, over TLS that vouches for itself', async () => {
    const port = await freePort();
    const node = new NodeProcess(data, await freePort(), ['--config', config, '--tls', `127.0.0.1:${port}`]);
    await node.start();
    const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(cert), ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    expect([socket.authorized, socket.alpnProtocol]).toEqual([true, 'h2']);
    socket.destroy();
    expect(await node.stop()).toBe(0);
  });

  it('reads the certificate again on SIGHUP, and keeps the old one when the new one does not fit', async () => {
    // Behind links, so that no change is seen in the folder that the node watches.
    const elsewhere = temporaryFolder();
    const [linkedCert, linkedKey] = [join(temporaryFolder(), 'cert.pem'), join(temporaryFolder(), 'key.pem')];
    const write = ({ cert, key }: { cert: string; key: string }) => {
      writeFileSync(join(elsewhere, 'cert.pem'), cert);
      writeFileSync(join(elsewhere, 'key.pem'), key);
    };
    const [first, second] = [createSelfSigned(['localhost'], 30), createSelfSigned(['localhost'], 30)];
    write(first);
    symlinkSync(join(elsewhere, 'cert.pem'), linkedCert);
    symlinkSync(join(elsewhere, 'key.pem'), linkedKey);
    const port = await freePort();
    const tls = ['--tls', `127.0.0.1:${port}`, '--tls-cert', linkedCert, '--tls-key', linkedKey];
    const node = new NodeProcess(join(temporaryFolder(), 'data'), await freePort(), tls);
    await node.start();
    const served = async () => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { fingerprint256 } = socket.getPeerX509Certificate() ?? {};
      socket.destroy();
      return fingerprint256;
    };
    const { fingerprint256: before } = new X509Certificate(first.cert);
    const { fingerprint256: after } = new X509Certificate(second.cert);
    expect(await served()).toBe(before);
    write({ cert: second.cert, key: first.key });
    node.signal('SIGHUP');
    await node.says(/tls-reload-failed/);
    expect(await served()).toBe(before);
    write(second);
    node.signal('SIGHUP');
    await expect.poll(served).toBe(after);
    expect(await node.stop()).toBe(0);
  });
});

describe('node start', () => {
  it('serves when an OpenTelemetry SDK was loaded before it', async () => {
    // What an SDK leaves for every copy of the API to find.
    const sdk = "globalThis[Symbol.for('opentelemetry.js.api.1')]={version:'1.9.0'}";
    const environment = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(sdk)}` };
    const node = new NodeProcess(join(temporaryFolder(), 'data'), await freePort(), [], environment);
    await node.start();
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${node.web}/grpc.health.v1.Health/Check`, { method: 'POST', headers, body: '{}' });
    expect(await answer.json()).toEqual({ status: 'SERVING' });
    expect(await node.stop()).toBe(0);
  });
});

describe('node doctor', () => {
  const data = join(temporaryFolder(), 'node');
  const [cert, key] = [join(data, 'tls-cert.pem'), join(data, 'tls-key.pem')];
  const closing: (() => void)[] = [];
  afterAll(() => {
    for (const close of closing) close();
  });
  beforeAll(async () => {
    expect((await conclave(['node', 'init', '--data', data])).code).toBe(0);
  }, HOOK_TIMEOUT_MS);

  /** Exit code and the checks by name, of a node with ports of its own. */
  async function doctor(...options: string[]): Promise<{ code: number | null; checks: Map<string, Check> }> {
    const ports = ['--grpc', '127.0.0.1:0', '--web', '127.0.0.1:0'];
    const { code, stdout } = await conclave(['node', 'doctor', '--data', data, ...ports, ...options, '--json']);
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    return { code, checks: new Map(checks.map((each) => [each.check, each])) };
  }

  const tls = (certificate: string): string[] => {
    return ['--tls', '127.0.0.1:0', '--tls-cert', certificate, '--tls-key', key];
  };

  it('finds a folder, certificate and ports that serve', async () => {
    const { code, checks } = await doctor(...tls(cert));
    expect(code).toBe(0);
    expect([...checks.values()].filter(({ status }) => status === 'failed')).toEqual([]);
    expect(checks.get('certificate')).toMatchObject({ status: 'ok', finding: `${cert}, 364 days left` });
    expect(checks.get('exposure')?.finding).toContain('this machine only');
  });

  it('tells of a folder that cannot be made', async () => {
    const { code, checks } = await doctor('--data', '/proc/conclave/node');
    expect([code !== 0, checks.get('data folder')?.status]).toEqual([true, 'failed']);
  });

  it('tells of a certificate that is over, that soon is, and that is of another key', async () => {
    const write = (name: string, text: string): string => {
      const path = join(data, name);
      writeFileSync(path, text);
      return path;
    };
    const now = Date.now();
    const pair = createSelfSigned(['localhost'], 30, new Date(now - 31 * 86_400_000));
    const soon = createSelfSigned(['localhost'], 30, new Date(now - 20 * 86_400_000));
    writeFileSync(key, pair.key);
    const over = await doctor(...tls(write('over.pem', pair.cert)));
    expect([over.code !== 0, over.checks.get('certificate')?.status]).toEqual([true, 'failed']);
    expect(over.checks.get('certificate')?.finding).toMatch(/ended \d days ago; renew it/);
    const other = await doctor(...tls(write('other.pem', soon.cert)));
    expect([other.code !== 0, other.checks.get('certificate')?.status]).toEqual([true, 'failed']);
    writeFileSync(key, soon.key);
    const ending = await doctor(...tls(join(data, 'other.pem')));
    expect([ending.code, ending.checks.get('certificate')?.status]).toEqual([0, 'warning']);
  });

  it('tells of a port that is taken, and of what is open to everybody', async () => {
    const taken = createTcpServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    closing.push(() => taken.close());
    const { port } = taken.address() as AddressInfo;
    const { code, checks } = await doctor('--metrics', `127.0.0.1:${port}`);
    expect([code, checks.get('port metrics')?.status]).toEqual([0, 'warning']);
    const open = await doctor('--grpc', '0.0.0.0:0');
    expect(open.checks.get('exposure')).toMatchObject({ status: 'warning' });
  });

  it('asks the chains that are configured', async () => {
    const chain = createServer((_, response) => {
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: '0x2105' }));
    }).listen(0, '127.0.0.1');
    await once(chain, 'listening');
    closing.push(() => chain.close());
    const url = `http://127.0.0.1:${(chain.address() as AddressInfo).port}`;
    const { code, checks } = await doctor('--chain', `8453=${url}`, '--chain', `1=${url}`);
    expect(code).not.toBe(0);
    expect(checks.get('chain 8453')?.status).toBe('ok');
    expect(checks.get('chain 1')).toMatchObject({ status: 'failed', finding: expect.stringContaining('chain 8453') });
  });
});
