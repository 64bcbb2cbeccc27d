/** This engine as a peer, on any crypto provider. */
import { type CryptoProvider, concatBytes, encodeTls, type SignaturePrivateKey, toHex, utf8 } from '@conclave/crypto';
import {
  type CipherSuite,
  createKeyPackage,
  decodeKeyPackage,
  EXTENSION_TYPE,
  type Extension,
  getCipherSuite,
  keyPackageRef,
  MLS_VERSION,
  type MlsConfig,
  MlsGroup,
  type OwnKeyPackage,
  type Proposal,
  RESUMPTION_PSK_USAGE,
  RFC_POLICY,
  type StagedCommit,
  WIRE_FORMAT,
} from '../../src/index.js';
import {
  type CommitRequest,
  type Feature,
  type Features,
  type Implementation,
  LEAF_LIFETIME,
  type Peer,
  type PeerCommit,
  type PeerOptions,
  type ProposalDescription,
  type PublishedGroup,
  type Received,
  SUPPORTED_EXTENSIONS,
  type SuccessorRequest,
} from './peer.testkit.js';

const FEATURES_OF_THE_ENGINE = {
  'public-handshake': true,
  'welcome-without-tree': 'createCommit always puts the tree into the Welcome',
  'forced-path': true,
  'update-proposal': 'own Update proposals are not made; keys change with the path of a commit',
  'notice-replacement': true,
  'join-uneven-tree': true,
  'external-psk': true,
  'resumption-psk': true,
  'past-resumption-psk': true,
  'commit-context-extensions': true,
  'commit-context-extensions-with-path': true,
  'clear-context-extensions': true,
  'external-senders': true,
  'publish-group-info': 'no GroupInfo with external_pub is made',
  'external-join': 'no external commit is made',
  'follow-external-join': 'commits of new members are refused',
  'new-member-proposal': 'no proposal is made from outside a group',
  'follow-new-member-proposal': 'proposals from outside the group are refused',
  'external-sender-proposal': 'no proposal is made from outside a group',
  'follow-external-sender-proposal': 'proposals from outside the group are refused',
  reinit: 'the group after a ReInit cannot be started or joined',
  branch: 'no group can be branched',
} as const satisfies Features;

/** For calls that `FEATURES_OF_THE_ENGINE` rules out. */
function notOffered(feature: Feature): never {
  throw new TypeError(`${feature}: ${FEATURES_OF_THE_ENGINE[feature]}`);
}

/** The MLSMessage header of a KeyPackage. */
const KEY_PACKAGE_HEADER = Uint8Array.of(0, 1, 0, WIRE_FORMAT.keyPackage);

class ConclavePeer implements Peer {
  readonly name: string;
  readonly implementation: Implementation;
  readonly #suite: CipherSuite;
  readonly #config: Partial<MlsConfig>;
  readonly #signatureKey: SignaturePrivateKey;
  readonly #keyPackages = new Map<string, OwnKeyPackage>();
  readonly #psks = new Map<string, Uint8Array>();
  /** By epoch: what an application keeps that wants to prove later that it was a member. */
  readonly #resumptionPsks = new Map<bigint, Uint8Array>();
  #group: MlsGroup | undefined;
  #staged: StagedCommit | undefined;

  constructor(implementation: Implementation, provider: CryptoProvider, { name, suite, handshake }: PeerOptions) {
    this.name = name;
    this.implementation = implementation;
    this.#suite = getCipherSuite(suite, provider);
    this.#signatureKey = provider.signaturePrivateKey(provider.random(32));
    this.#config = {
      handshake,
      policy: RFC_POLICY,
      psk: (id) => (id.type === 'external' ? this.#psks.get(toHex(id.pskId)) : this.#resumptionPsks.get(id.epoch)),
    };
  }

  get group(): MlsGroup {
    if (this.#group === undefined) throw new TypeError(`${this.name} is in no group`);
    return this.#group;
  }

  get #random() {
    return this.#suite.provider.random;
  }

  get #leaf() {
    return {
      credential: { type: 1, identity: utf8(this.name) } as const,
      capabilities: {
        versions: [1],
        cipherSuites: [this.#suite.id],
        extensions: SUPPORTED_EXTENSIONS,
        proposals: [],
        credentials: [1],
      },
      lifetime: LEAF_LIFETIME,
    };
  }

  async createGroup(groupId: Uint8Array, extensions: readonly Extension[]): Promise<void> {
    this.#enter(
      MlsGroup.create({
        ...{ suite: this.#suite, groupId, extensions, signatureKey: this.#signatureKey, random: this.#random },
        leaf: { ...this.#leaf, extensions: [] },
        config: this.#config,
      }),
    );
  }

  async createKeyPackage(id = this.#suite.id): Promise<Uint8Array> {
    const own = createKeyPackage({
      ...{ suite: getCipherSuite(id, this.#suite.provider), signatureKey: this.#signatureKey, random: this.#random },
      ...this.#leaf,
      leafExtensions: [],
      extensions: [],
    });
    this.#keyPackages.set(toHex(keyPackageRef(this.#suite, own.keyPackage)), own);
    return encodeTls(own.keyPackage.raw, (writer, raw) => writer.raw(KEY_PACKAGE_HEADER).raw(raw));
  }

  async join(welcome: Uint8Array, ratchetTree?: Uint8Array): Promise<void> {
    const { group } = MlsGroup.join({
      ...{ suite: this.#suite, welcome, ratchetTree, signatureKey: this.#signatureKey, config: this.#config },
      keyPackage: (reference) => this.#keyPackages.get(toHex(reference)),
    });
    this.#enter(group);
  }

  installPsk(id: Uint8Array, value: Uint8Array): void {
    this.#psks.set(toHex(id), value);
  }

  async propose(description: ProposalDescription): Promise<Uint8Array> {
    const proposal = this.#proposal(description);
    return this.group.createProposal({ proposal, random: this.#random }).message;
  }

  async commit({ byValue = [], forcePath = false }: CommitRequest): Promise<PeerCommit> {
    const { staged, ...commit } = this.group.createCommit({
      ...{ proposals: byValue.map((description) => this.#proposal(description)), forcePath },
      ...{ includePending: true, random: this.#random },
    });
    this.#staged = staged;
    return commit;
  }

  async confirmCommit(): Promise<void> {
    if (this.#staged === undefined) throw new TypeError(`${this.name} made no commit`);
    this.#merge(this.#staged);
    this.#staged = undefined;
  }

  async receive(message: Uint8Array): Promise<Received> {
    const processed = this.group.process(message);
    switch (processed.kind) {
      case 'application':
        return { kind: 'application', data: processed.data, aad: processed.aad };
      case 'proposal':
        return { kind: 'proposal' };
      case 'commit':
        this.#merge(processed.staged);
        return { kind: 'commit' };
    }
  }

  async protect(data: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    return this.group.createApplicationMessage(data, this.#random, aad);
  }

  async publishGroup(): Promise<PublishedGroup> {
    return notOffered('publish-group-info');
  }

  async externalJoin(): Promise<Uint8Array> {
    return notOffered('external-join');
  }

  async proposeOwnAddition(): Promise<Uint8Array> {
    return notOffered('new-member-proposal');
  }

  async startSuccessor({ kind }: SuccessorRequest): Promise<PeerCommit> {
    return notOffered(kind);
  }

  async joinSuccessor(kind: SuccessorRequest['kind']): Promise<void> {
    return notOffered(kind);
  }

  get epoch(): bigint {
    return this.group.epoch;
  }

  get isMember(): boolean {
    return this.#group?.status === 'active';
  }

  epochAuthenticator(): Uint8Array {
    return this.group.epochAuthenticator;
  }

  async exportSecret(label: string, context: Uint8Array, length: number): Promise<Uint8Array> {
    return this.group.exportSecret(label, context, length);
  }

  #enter(group: MlsGroup): void {
    this.#group = group;
    this.#resumptionPsks.set(group.epoch, group.resumptionPsk);
  }

  #merge(staged: StagedCommit): void {
    this.group.merge(staged);
    if (this.isMember) this.#resumptionPsks.set(this.epoch, this.group.resumptionPsk);
  }

  #proposal(description: ProposalDescription): Proposal {
    const nonce = this.#random(32);
    switch (description.type) {
      case 'add':
        return {
          type: 'add',
          keyPackage: decodeKeyPackage(description.keyPackage.subarray(KEY_PACKAGE_HEADER.length)),
        };
      case 'remove':
        return { type: 'remove', leafIndex: this.#leafIndexOf(description.member) };
      case 'external-psk':
        return { type: 'psk', psk: { type: 'external', pskId: description.id, nonce } };
      case 'resumption-psk': {
        const { groupId } = this.group;
        const usage = RESUMPTION_PSK_USAGE.application;
        return { type: 'psk', psk: { type: 'resumption', usage, groupId, epoch: description.epoch, nonce } };
      }
      case 'group-context-extensions': {
        const { type, extensions, externalSenders } = description;
        if (externalSenders === undefined) return { type, extensions };
        const data = encodeTls(externalSenders, (writer, senders) =>
          writer.vector((inner) => inner.raw(concatBytes(...senders))),
        );
        return { type, extensions: [...extensions, { type: EXTENSION_TYPE.externalSenders, data }] };
      }
      case 'reinit': {
        const { type, groupId, suite, extensions } = description;
        return { type, groupId, version: MLS_VERSION, suite, extensions };
      }
      case 'update':
        return notOffered('update-proposal');
    }
  }

  #leafIndexOf(name: string): number {
    for (const { leafIndex, leafNode } of this.group.members()) {
      const { credential } = leafNode;
      if ('identity' in credential && toHex(credential.identity) === toHex(utf8(name))) return leafIndex;
    }
    throw new TypeError(`${name} is no member`);
  }
}

/** The engine on a provider. */
export function conclave(provider: CryptoProvider): Implementation {
  const implementation: Implementation = {
    name: `conclave/${provider.name}`,
    features: FEATURES_OF_THE_ENGINE,
    create: async (options) => new ConclavePeer(implementation, provider, options),
    createOutsider: async () => notOffered('external-sender-proposal'),
  };
  return implementation;
}
