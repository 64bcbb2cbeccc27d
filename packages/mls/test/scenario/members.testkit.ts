/** Members of test groups: each with a key, stored rows, and a group that can be dropped and loaded again. */
import { encodeTls, type Random, type SignaturePrivateKey, toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { expect } from 'vitest';
import {
  type Capabilities,
  type CipherSuite,
  type CreateCommitParams,
  createKeyPackage,
  createPolicy,
  type Extension,
  getCipherSuite,
  keyPackageRef,
  MemoryRows,
  type MlsConfig,
  MlsError,
  MlsGroup,
  type OwnKeyPackage,
  type ProcessedMessage,
  type Proposal,
  type RowChange,
  type StagedCommit,
} from '../../src/index.js';

export const suite = getCipherSuite(0x0003, nodeCrypto);
export const GROUP_ID = utf8('a group of tests');

/** What XMTP's leaves say (libxmtp 1.10.0). */
export const CAPABILITIES = {
  versions: [1],
  cipherSuites: [3],
  extensions: [0x000a, 0x0001, 0xff02, 0xff00, 0xff01, 0xff03, 0xff04, 0xf000],
  proposals: [7],
  credentials: [1],
};
export const LIFETIME = { notBefore: 1_000_000n, notAfter: 1_000_000n + 7_261_200n };

/** As the standard has it, but what is sent does not wait until the proposals that came are committed. */
export const UNHURRIED_POLICY = createPolicy('unhurried', ['key-package-lifetime-range', 'proposals-committed']);

/** Bytes that depend on the seed alone. */
export function seededRandom(seed: string): Random {
  let counter = 0;
  return (length) => {
    const blocks: number[] = [];
    while (blocks.length < length) {
      const block = encodeTls(counter++, (writer, value) => writer.opaque(utf8(seed)).u32(value));
      blocks.push(...nodeCrypto.hash('sha256', block));
    }
    return Uint8Array.from(blocks.slice(0, length));
  };
}

/** A context extension of XMTP's kind, by which tests rename a group. */
export function nameExtension(name: string): Extension {
  return { type: 0xff00, data: utf8(name) };
}

/** The rows a client would write, and one made by copying what it read after each step. */
export class Member {
  readonly name: string;
  readonly random: Random;
  /** The private signature key, 32 bytes. */
  readonly signatureSeed: Uint8Array;
  readonly signatureKey: SignaturePrivateKey;
  readonly config: Partial<MlsConfig>;
  readonly suite: CipherSuite;
  /** What the leaf lists, besides the suite. */
  readonly capabilities: Capabilities = CAPABILITIES;
  rows = new MemoryRows();
  /** The changes of the last `save`. */
  lastRows: RowChange[] = [];
  #group: MlsGroup | undefined;

  constructor(
    name: string,
    config: Partial<MlsConfig> = {},
    ownSuite: CipherSuite = suite,
    signatureKey?: SignaturePrivateKey,
  ) {
    this.name = name;
    this.suite = ownSuite;
    this.random = seededRandom(name);
    this.signatureSeed = this.random(32);
    this.signatureKey = signatureKey ?? ownSuite.provider.signaturePrivateKey(this.signatureSeed);
    this.config = config;
  }

  get group(): MlsGroup {
    if (this.#group === undefined) throw new TypeError(`${this.name} is in no group`);
    return this.#group;
  }

  get inGroup(): boolean {
    return this.#group?.status === 'active';
  }

  get authenticator(): string {
    return toHex(this.group.epochAuthenticator);
  }

  create(extensions: readonly Extension[] = [nameExtension('')]): this {
    this.rows = new MemoryRows();
    this.#group = MlsGroup.create({
      ...{ suite: this.suite, groupId: GROUP_ID, extensions, signatureKey: this.signatureKey, random: this.random },
      leaf: {
        credential: { type: 1, identity: utf8(this.name) },
        capabilities: { ...this.capabilities, cipherSuites: [this.suite.id] },
        extensions: [],
        lifetime: LIFETIME,
      },
      config: this.config,
    });
    this.save();
    return this;
  }

  keyPackage(): OwnKeyPackage {
    return createKeyPackage({
      suite: this.suite,
      signatureKey: this.signatureKey,
      credential: { type: 1, identity: utf8(this.name) },
      capabilities: { ...this.capabilities, cipherSuites: [this.suite.id] },
      lifetime: LIFETIME,
      leafExtensions: [{ type: 1, data: encodeTls(utf8(this.name), (writer, id) => writer.opaque(id)) }],
      extensions: [{ type: 0x000a, data: new Uint8Array(0) }],
      random: this.random,
    });
  }

  join(welcome: Uint8Array, own: OwnKeyPackage): this {
    const reference = toHex(keyPackageRef(this.suite, own.keyPackage));
    const { group } = MlsGroup.join({
      ...{ suite: this.suite, welcome, signatureKey: this.signatureKey, config: this.config },
      keyPackage: (ref) => (toHex(ref) === reference ? own : undefined),
    });
    this.rows = new MemoryRows();
    this.#group = group;
    this.save();
    return this;
  }

  /** Goes on with a group that was entered in another way. */
  goOnWith(group: MlsGroup): this {
    this.rows = new MemoryRows();
    this.#group = group;
    this.save();
    return this;
  }

  /** Writes the changed rows, as a client's transaction does. */
  save(): void {
    this.lastRows = this.group.takeRows();
    this.rows.apply(this.lastRows);
  }

  /** Drops the object and opens the group from its rows; what was not saved is gone. */
  restart(): this {
    const before = this.inGroup ? this.authenticator : undefined;
    const { suite, rows: reader, signatureKey, config } = this;
    this.#group = MlsGroup.load({ suite, reader, signatureKey, config });
    if (before !== undefined) expect(this.authenticator).toBe(before);
    return this;
  }

  send(text: string): Uint8Array {
    const message = this.group.createApplicationMessage(utf8(text), this.random);
    this.save();
    return message;
  }

  receive(message: Uint8Array): ProcessedMessage {
    const processed = this.group.process(message);
    this.save();
    return processed;
  }

  /** The text of an application message. */
  read(message: Uint8Array): string {
    const processed = this.receive(message);
    if (processed.kind !== 'application') throw new TypeError(`${processed.kind} instead of a message`);
    return new TextDecoder().decode(processed.data);
  }

  /** Stages a commit of another member. */
  stage(message: Uint8Array): StagedCommit {
    const processed = this.receive(message);
    if (processed.kind !== 'commit') throw new TypeError(`${processed.kind} instead of a commit`);
    return processed.staged;
  }

  merge(staged: StagedCommit): void {
    this.group.merge(staged);
    this.save();
  }

  commit(proposals: readonly Proposal[], options: Partial<CreateCommitParams> = {}) {
    const commit = this.group.createCommit({ proposals, random: this.random, ...options });
    this.save();
    return commit;
  }
}

/** One committer changes the group, everybody else follows, newcomers join. Returns the commit message. */
export function change(
  committer: Member,
  others: readonly Member[],
  proposals: readonly Proposal[],
  joiners: readonly Member[] = [],
): Uint8Array {
  const packages = joiners.map((joiner) => joiner.keyPackage());
  const adds = packages.map(({ keyPackage }): Proposal => ({ type: 'add', keyPackage }));
  const { message, welcome, staged } = committer.commit([...adds, ...proposals]);
  committer.merge(staged);
  for (const other of others) other.merge(other.stage(message));
  for (const [index, joiner] of joiners.entries()) {
    joiner.join(welcome as Uint8Array, packages[index] as OwnKeyPackage);
  }
  return message;
}

/** All agree: same epoch, same authenticator, same tree, same exported secret. */
export function expectAgreement(members: readonly Member[]): void {
  const views = members.map(({ group }) => ({
    epoch: group.epoch,
    authenticator: toHex(group.epochAuthenticator),
    context: toHex(group.context.raw),
    members: [...group.members()].map(({ leafIndex, leafNode }) => `${leafIndex} ${toHex(leafNode.raw)}`),
    exported: toHex(group.exportSecret('test', utf8('context'), 50)),
  }));
  for (const view of views) expect(view).toEqual(views[0]);
}

/** Code of the MlsError that `action` throws, with the rule where it names one. */
export function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof MlsError)) throw error;
    return 'rule' in error.details ? `${error.code} ${error.details.rule}` : error.code;
  }
  return 'accepted';
}
