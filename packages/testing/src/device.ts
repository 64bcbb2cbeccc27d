/**
 * One installation of somebody, as a machine: its data, its line to the node, and the process that runs on it, which can be ended at
 * any commit and started again.
 */
import { Client, type ClientOptions, type HistoryTransfer, type Logger, type SignatureRequest } from '@conclave/client';
import { agreeHybrid, type CryptoProvider, fromHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import type { Identifier } from '@conclave/identity';
import type { Database } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import { CrashingDatabase, type CrashPoint, type DatabaseWork } from './crashing-database.js';
import { TestingError } from './errors.js';
import { Adversary, type NetworkFaults } from './network/adversary.js';
import { memoryNetwork } from './network/memory-network.js';
import type { MemoryNode } from './network/memory-node.js';
import { SeededRandom } from './seeded-random.js';
import { type VirtualTime, virtualHost } from './virtual-time.js';

/** Whoever signs for the owner. */
export interface DeviceWallet {
  readonly identifier: Identifier;
  approve(request: SignatureRequest): void | Promise<void>;
}

/** What a device is made of. */
export interface DeviceParts {
  /** Unique in its world. */
  readonly name: string;
  readonly wallet: DeviceWallet;
  readonly node: MemoryNode;
  readonly time: VirtualTime;
  readonly seed: string;
  readonly faults: NetworkFaults;
  readonly history?: HistoryTransfer;
  readonly options?: Partial<ClientOptions>;
  readonly log?: Logger;
}

/** On this thread: what runs on others takes real time, of which the virtual clock knows nothing. */
async function verifyMany(jobs: Parameters<CryptoProvider['verifyMany']>[0]): Promise<boolean[]> {
  return jobs.map(({ publicKey, message, signature }) =>
    nodeCrypto.signaturePublicKey(publicKey).verify(message, signature),
  );
}

const recoverManySecp256k1: CryptoProvider['recoverManySecp256k1'] = async (jobs) =>
  jobs.map(({ digest, signature, parity }) => nodeCrypto.recoverSecp256k1(digest, signature, parity));

const verifyManyPrehashed: CryptoProvider['verifyManyPrehashed'] = async (jobs) =>
  jobs.map((job) => nodeCrypto.verifyPrehashed(job.publicKey, job.message, job.context, job.signature));

const agreeManyHybrid: CryptoProvider['agreeManyHybrid'] = async (jobs) =>
  jobs.map((job) => agreeHybrid(nodeCrypto, job));

/** A machine with one installation on it. */
export class Device {
  readonly name: string;
  readonly wallet: DeviceWallet;
  /** What lies on the disk. */
  readonly data: Database = openDatabase({ path: null });
  readonly #parts: DeviceParts;
  #starts = 0;
  #client: Client | undefined;
  #database: CrashingDatabase | undefined;
  #line: Adversary | undefined;
  #deaths: (() => void)[] = [];
  #forced: Uint8Array | undefined;
  /** How far the machine's clock is ahead of the world's, nanoseconds; negative when it is behind. Changes at any time, as clocks do. */
  clockSkewNs = 0n;
  /** Options of the next start. */
  options: Partial<ClientOptions>;
  /** How the line is; holds for the running process and for the next ones. */
  #faults: NetworkFaults;

  constructor(parts: DeviceParts) {
    this.#parts = parts;
    this.#faults = parts.faults;
    this.name = parts.name;
    this.wallet = parts.wallet;
    this.options = parts.options ?? {};
  }

  /** The running client. */
  get client(): Client {
    if (this.#client === undefined) throw new TestingError('testing/misuse', { reason: 'the device is off' });
    return this.#client;
  }

  get isRunning(): boolean {
    return this.#client !== undefined;
  }

  /** The running process's line. */
  get line(): Adversary {
    if (this.#line === undefined) throw new TestingError('testing/misuse', { reason: 'the device is off' });
    return this.#line;
  }

  get faults(): NetworkFaults {
    return this.#faults;
  }

  set faults(faults: NetworkFaults) {
    this.#faults = faults;
    if (this.#line !== undefined) this.#line.faults = faults;
  }

  /** Commits of the running process so far. */
  get commits(): number {
    return this.#database?.commits ?? 0;
  }

  /** What the running process has done with its database so far; a copy. */
  get work(): DatabaseWork {
    return { ...(this.#database?.work ?? { statements: 0, rows: 0, bytes: 0 }) };
  }

  /** Starts a process, optionally one that will end at a commit. */
  async start(crashAt?: CrashPoint): Promise<Client> {
    const { name, wallet, node, time, seed, log, history } = this.#parts;
    if (this.#database !== undefined) throw new TestingError('testing/misuse', { reason: 'the device runs' });
    this.#starts += 1;
    const random = new SeededRandom(`${seed} ${name} ${this.#starts}`);
    const line = new Adversary(memoryNetwork(node), time, new SeededRandom(`${seed} line ${name} ${this.#starts}`));
    line.faults = this.#faults;
    const database = new CrashingDatabase(this.data, () => {
      line.die();
      this.#client = undefined;
      this.#database = undefined;
      this.#line = undefined;
      for (const tell of this.#deaths.splice(0)) tell();
    });
    database.crashAt = crashAt;
    this.#line = line;
    this.#database = database;
    // Nothing in virtual time waits for real threads or files.
    const here = { verifyMany, recoverManySecp256k1, verifyManyPrehashed, agreeManyHybrid };
    const crypto: CryptoProvider = { ...nodeCrypto, random: random.bytes, ...here };
    const virtual = virtualHost(time, (length) => this.#forcedBytes(length) ?? random.bytes(length), log);
    const host = { ...virtual, nowNs: () => virtual.nowNs() + this.clockSkewNs };
    const { identifier } = wallet;
    const deps = {
      db: database,
      network: line.network,
      crypto,
      host,
      history,
      options: this.options,
      verified: { signatureCache: node.signatureCache },
    };
    const client = await Client.open(deps, { identifier });
    // The process may have ended while it started.
    if (this.#database === database) this.#client = client;
    return client;
  }

  /** The next 16 random bytes, with which a group is named, will be these: an attacker chooses what it likes. */
  forceNextGroupId(id: string): void {
    this.#forced = fromHex(id);
  }

  #forcedBytes(length: number): Uint8Array | undefined {
    const forced = this.#forced;
    if (forced === undefined || forced.length !== length) return undefined;
    this.#forced = undefined;
    return forced;
  }

  /** Starts and registers, unless that was done before. */
  async register(): Promise<Client> {
    const client = this.#client ?? (await this.start());
    const request = await client.identity.registrationRequest();
    if (request === undefined) return client;
    await this.wallet.approve(request);
    await client.identity.apply(request);
    return client;
  }

  /** Ends the process in order. */
  async stop(): Promise<void> {
    const line = this.#line;
    await this.#client?.close();
    line?.die();
    this.#client = undefined;
    this.#database = undefined;
    this.#line = undefined;
  }

  /** Ends the process where it stands. */
  kill(): void {
    this.#database?.kill();
  }

  /** Lets the running process end at a commit, counted from now. */
  crashAfter(commits: number, when: CrashPoint['when']): void {
    if (this.#database === undefined) throw new TestingError('testing/misuse', { reason: 'the device is off' });
    this.#database.crashAt = { commit: this.#database.commits + commits, when };
  }

  /** Resolves when the running process ends without order. */
  crashed(): Promise<void> {
    return new Promise((resolve) => this.#deaths.push(resolve));
  }
}
