/** A real node on free ports and clients with real files, for the tests of this folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeOptions, type RunningNode, startNode } from '@conclave/node';
import { Client, type ClientOptions, createEOASigner, type PrivateKeySigner } from '@conclave/node-sdk';

/** Somebody with a wallet and a client. */
export interface Person {
  readonly signer: PrivateKeySigner;
  readonly client: Client;
}

/** A node, a folder for databases, and the clients that were made: all gone with `stop`. */
export class LocalNode {
  readonly folder: string;
  readonly #clients: Client[] = [];
  readonly #extra: Partial<NodeOptions>;
  #node: RunningNode;

  private constructor(folder: string, node: RunningNode, extra: Partial<NodeOptions>) {
    this.folder = folder;
    this.#node = node;
    this.#extra = extra;
  }

  static async start(extra: Partial<NodeOptions> = {}): Promise<LocalNode> {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-node-sdk-'));
    return new LocalNode(folder, await startIn(folder, '127.0.0.1:0', extra), extra);
  }

  /** What `apiUrl` is to be. */
  get url(): string {
    return `http://${this.#node.grpcAddress}`;
  }

  /** Where history files go. */
  get historyUrl(): string {
    return `http://${this.#node.webAddress}`;
  }

  /** The options of a client of this node, with a database in memory unless said otherwise. */
  options<Extra extends ClientOptions>(extra?: Extra): ClientOptions {
    return { env: 'local', apiUrl: this.url, dbPath: null, disableDeviceSync: true, onNotice: () => {}, ...extra };
  }

  /** A client of a new wallet. */
  async person(extra: ClientOptions = {}, signer: PrivateKeySigner = createEOASigner()): Promise<Person> {
    return { signer, client: this.keep(await Client.create(signer, this.options(extra))) };
  }

  /** Closes the client with the node. */
  keep(client: Client): Client {
    this.#clients.push(client);
    return client;
  }

  /** A path for a database in the folder. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** The node goes away and keeps its data and its address for `resume`. */
  async pause(): Promise<() => Promise<void>> {
    const { grpcAddress = '' } = this.#node;
    await this.#node.stop();
    return async () => {
      this.#node = await startIn(this.folder, grpcAddress, this.#extra);
    };
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.#node.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function startIn(folder: string, grpc: string, extra: Partial<NodeOptions>): Promise<RunningNode> {
  return startNode({
    dataDir: join(folder, 'node'),
    grpc,
    web: '127.0.0.1:0',
    storage: 'inline',
    logLevel: 'silent',
    ...extra,
  });
}

/** Reads so many values of a stream, then ends it. */
export async function take<T>(stream: AsyncIterable<T>, count: number): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) {
    values.push(value);
    if (values.length === count) break;
  }
  return values;
}
