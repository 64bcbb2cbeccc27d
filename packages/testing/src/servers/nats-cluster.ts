/** A NATS cluster of the tests' own, on free ports of the loopback interface, whose servers can be killed one by one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { TestingError } from '../errors.js';
import { freePort } from './postgres-server.js';

/** Path of `nats-server`: what CONCLAVE_NATS_SERVER names, or the PATH's. */
export const NATS_SERVER: string | undefined = findServer();

/** What to say when there is no server to test with. */
export const NATS_MISSING =
  'nats-server is not installed (Debian: apt-get install nats-server); the tests that need it do not run.';

function findServer(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  const named = process.env.CONCLAVE_NATS_SERVER;
  return [...(named === undefined ? [] : [named]), ...folders.map((folder) => join(folder, 'nats-server'))].find(
    (path) => existsSync(path),
  );
}

interface Member {
  readonly clientPort: number;
  readonly clusterPort: number;
  process: ChildProcess | undefined;
}

/** What a cluster asks of its clients. */
export interface NatsClusterOptions {
  /** Without it anybody may connect. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Files of a certificate and its key, PEM; with them clients must speak TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** Some servers that know each other. */
export class NatsCluster {
  readonly #members: readonly Member[];
  readonly #options: NatsClusterOptions;

  private constructor(members: readonly Member[], options: NatsClusterOptions) {
    this.#members = members;
    this.#options = options;
  }

  /** Starts the servers and resolves when each takes connections. */
  static async start(size = 3, options: NatsClusterOptions = {}): Promise<NatsCluster> {
    const members: Member[] = [];
    for (let i = 0; i < size; i++) {
      members.push({ clientPort: await freePort(), clusterPort: await freePort(), process: undefined });
    }
    const cluster = new NatsCluster(members, options);
    await Promise.all(members.map((_, index) => cluster.startServer(index)));
    return cluster;
  }

  /** Where each server is, with the login. */
  get urls(): string[] {
    const { login, tls } = this.#options;
    const user = login === undefined ? '' : `${login.user}:${encodeURIComponent(login.password)}@`;
    return this.#members.map(
      ({ clientPort }) => `${tls === undefined ? 'nats' : 'tls'}://${user}127.0.0.1:${clientPort}`,
    );
  }

  /** Starts one that is not running. */
  async startServer(index: number): Promise<void> {
    if (NATS_SERVER === undefined) throw new TestingError('testing/no-server', { reason: NATS_MISSING });
    const member = this.#members[index] as Member;
    const routes = this.#members
      .filter((other) => other !== member)
      .map(({ clusterPort }) => `nats://127.0.0.1:${clusterPort}`);
    const { login, tls } = this.#options;
    const server = spawn(
      NATS_SERVER,
      [
        ...['--addr', '127.0.0.1', '--port', String(member.clientPort), '--cluster_name', 'conclave'],
        ...['--cluster', `nats://127.0.0.1:${member.clusterPort}`, '--routes', routes.join(',')],
        ...(login === undefined ? [] : ['--user', login.user, '--pass', login.password]),
        ...(tls === undefined ? [] : ['--tls', '--tlscert', tls.certFile, '--tlskey', tls.keyFile]),
      ],
      { stdio: 'ignore' },
    );
    member.process = server;
    process.once('exit', () => server.kill('SIGKILL'));
    while (!(await listens(member.clientPort))) {
      if (server.exitCode !== null)
        throw new TestingError('testing/no-server', { server: 'nats-server', exitCode: server.exitCode });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** SIGKILL to one server. */
  async kill(index: number): Promise<void> {
    const member = this.#members[index] as Member;
    const server = member.process;
    member.process = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map((_, index) => this.kill(index)));
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
