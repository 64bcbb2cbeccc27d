/** This engine as a peer, on any crypto provider. */
import {
  type CryptoProvider,
  decodeTls,
  encodeTls,
  type Random,
  type SignaturePrivateKey,
  toHex,
  utf8,
} from '@conclave/crypto';
import { readExternalSender, writeExternalSender } from '../../src/external-senders.js';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import {
  type CipherSuite,
  createKeyPackage,
  decodeKeyPackage,
  type Extension,
  externalProposal,
  externalSendersExtension,
  getCipherSuite,
  type KeyPackage,
  keyPackageRef,
  MLS_VERSION,
  type MlsConfig,
  MlsGroup,
  type OwnKeyPackage,
  type Proposal,
  PublicGroup,
  RESUMPTION_PSK_USAGE,
  RFC_POLICY,
  type StagedCommit,
  WIRE_FORMAT,
} from '../../src/index.js';
import {
  type CommitRequest,
  FEATURES,
  type Features,
  type Implementation,
  LEAF_LIFETIME,
  type Outsider,
  type Peer,
  type PeerCommit,
  type PeerOptions,
  type ProposalDescription,
  type PublishedGroup,
  type Received,
  SUPPORTED_EXTENSIONS,
  type SuccessorRequest,
} from './peer.testkit.js';

/** Everything: what another implementation cannot do is for it to say. */
const FEATURES_OF_THE_ENGINE = Object.fromEntries(FEATURES.map((feature) => [feature, true])) as Features;

/** The MLSMessage header of a KeyPackage. */
const KEY_PACKAGE_HEADER = Uint8Array.of(0, 1, 0, WIRE_FORMAT.keyPackage);

class ConclavePeer implements Peer {
  readonly name: string;
  readonly implementation: Implementation;
  #suite: CipherSuite;
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
      acceptOutsiders: true,
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
    return this.#leafFor(this.#suite);
  }

  #leafFor({ id }: CipherSuite) {
    return {
      credential: { type: 1, identity: utf8(this.name) } as const,
      capabilities: {
        versions: [1],
        cipherSuites: [id],
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
    const own = this.#makeKeyPackage(getCipherSuite(id, this.#suite.provider));
    return encodeTls(own.keyPackage.raw, (writer, raw) => writer.raw(KEY_PACKAGE_HEADER).raw(raw));
  }

  #makeKeyPackage(suite: CipherSuite): OwnKeyPackage {
    const own = createKeyPackage({
      ...{ suite, signatureKey: this.#signatureKey, random: this.#random },
      ...this.#leafFor(suite),
      leafExtensions: [],
      extensions: [],
    });
    this.#keyPackages.set(toHex(keyPackageRef(suite, own.keyPackage)), own);
    return own;
  }

  async join(welcome: Uint8Array, ratchetTree?: Uint8Array): Promise<void> {
    this.#join(welcome, ratchetTree);
  }

  #join(welcome: Uint8Array, ratchetTree?: Uint8Array, predecessor?: MlsGroup): void {
    const { group } = MlsGroup.join({
      ...{ suite: this.#suite, welcome, ratchetTree, signatureKey: this.#signatureKey, config: this.#config },
      keyPackage: (reference) => this.#keyPackages.get(toHex(reference)),
      ...(predecessor && { predecessor }),
    });
    this.#enter(group);
  }

  installPsk(id: Uint8Array, value: Uint8Array): void {
    this.#psks.set(toHex(id), value);
  }

  async propose(description: ProposalDescription): Promise<Uint8Array> {
    if (description.type === 'update') return this.group.proposeUpdate({ random: this.#random }).message;
    const proposal = this.#proposal(description);
    return this.group.createProposal({ proposal, random: this.#random }).message;
  }

  async commit({ byValue = [], forcePath = false, treeApart = false }: CommitRequest): Promise<PeerCommit> {
    const { staged, ...commit } = this.group.createCommit({
      ...{ proposals: byValue.map((description) => this.#proposal(description)), forcePath },
      ...{ includePending: true, ratchetTreeInWelcome: !treeApart, random: this.#random },
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

  async publishGroup(treeApart: boolean): Promise<PublishedGroup> {
    const groupInfo = this.group.exportGroupInfo({
      ...{ withRatchetTree: !treeApart, withExternalPub: true, random: this.#random },
    });
    return treeApart ? { groupInfo, ratchetTree: this.group.encodeRatchetTree() } : { groupInfo };
  }

  async externalJoin(
    { groupInfo, ratchetTree }: PublishedGroup,
    resync: boolean,
    externalPsks: readonly Uint8Array[],
  ): Promise<Uint8Array> {
    const published = PublicGroup.open({ suite: this.#suite, groupInfo, ratchetTree, policy: RFC_POLICY });
    const { group, message } = MlsGroup.joinByExternalCommit({
      ...{ suite: this.#suite, groupInfo: published, signatureKey: this.#signatureKey, random: this.#random },
      leaf: { ...this.#leaf, extensions: [] },
      psks: externalPsks.map((pskId) => ({ type: 'external', pskId, nonce: this.#random(32) }) as const),
      replacesLeafIndex: resync ? published.leafIndexOf(this.#signatureKey.publicKey) : undefined,
      config: this.#config,
    });
    this.#enter(group);
    return message;
  }

  async proposeOwnAddition(group: PublishedGroup): Promise<Uint8Array> {
    const { context } = PublicGroup.open({ suite: this.#suite, policy: RFC_POLICY, ...group });
    const { groupId, epoch } = context;
    const { keyPackage } = this.#makeKeyPackage(this.#suite);
    const { message } = externalProposal({
      ...{ suite: this.#suite, groupId, epoch, signatureKey: this.#signatureKey },
      ...{ sender: { type: 'new-member-proposal' }, proposal: { type: 'add', keyPackage } },
    });
    return message;
  }

  async startSuccessor(request: SuccessorRequest): Promise<PeerCommit> {
    const { kind, groupId, extensions, forcePath, treeApart } = request;
    const suite = getCipherSuite(request.suite, this.#suite.provider);
    const params = {
      ...{ suite, signatureKey: this.#signatureKey, config: this.#config, random: this.#random, forcePath },
      keyPackages: request.keyPackages.map(decodeKeyPackageMessage),
      leaf: { ...this.#leafFor(suite), extensions: [] },
      ratchetTreeInWelcome: !treeApart,
    };
    const founded =
      kind === 'reinit'
        ? this.group.foundReinitialized(params)
        : this.group.foundBranch({ ...params, groupId, extensions });
    this.#suite = suite;
    this.#enter(founded.group);
    return founded;
  }

  async joinSuccessor(_: SuccessorRequest['kind'], welcome: Uint8Array, ratchetTree?: Uint8Array): Promise<void> {
    const header = decodeMlsMessage(welcome);
    if (!('welcome' in header)) throw new TypeError('no Welcome');
    this.#suite = getCipherSuite(header.welcome.suite, this.#suite.provider);
    this.#join(welcome, ratchetTree, this.group);
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
    return toProposal(description, this.group, this.#random);
  }
}

function decodeKeyPackageMessage(message: Uint8Array): KeyPackage {
  return decodeKeyPackage(message.subarray(KEY_PACKAGE_HEADER.length));
}

/** @param group - whose members and id the proposal is about */
function toProposal(
  description: ProposalDescription,
  group: { readonly groupId: Uint8Array; members(): ReturnType<MlsGroup['members']> },
  random: Random,
): Proposal {
  const nonce = random(32);
  switch (description.type) {
    case 'add':
      return { type: 'add', keyPackage: decodeKeyPackageMessage(description.keyPackage) };
    case 'remove':
      return { type: 'remove', leafIndex: leafIndexOf(group.members(), description.member) };
    case 'external-psk':
      return { type: 'psk', psk: { type: 'external', pskId: description.id, nonce } };
    case 'resumption-psk': {
      const { groupId } = group;
      const usage = RESUMPTION_PSK_USAGE.application;
      return { type: 'psk', psk: { type: 'resumption', usage, groupId, epoch: description.epoch, nonce } };
    }
    case 'group-context-extensions': {
      const { type, extensions, externalSenders } = description;
      if (externalSenders === undefined) return { type, extensions };
      const senders = externalSenders.map((bytes) => decodeTls(bytes, readExternalSender));
      return { type, extensions: [...extensions, externalSendersExtension(senders)] };
    }
    case 'reinit': {
      const { type, groupId, suite, extensions } = description;
      return { type, groupId, version: MLS_VERSION, suite, extensions };
    }
    case 'update':
      throw new TypeError('an update is proposed by the member itself');
  }
}

function leafIndexOf(members: ReturnType<MlsGroup['members']>, name: string): number {
  for (const { leafIndex, leafNode } of members) {
    const { credential } = leafNode;
    if ('identity' in credential && toHex(credential.identity) === toHex(utf8(name))) return leafIndex;
  }
  throw new TypeError(`${name} is no member`);
}

class ConclaveOutsider implements Outsider {
  readonly externalSender: Uint8Array;
  readonly #suite: CipherSuite;
  readonly #signatureKey: SignaturePrivateKey;

  constructor(provider: CryptoProvider, { name, suite }: PeerOptions) {
    this.#suite = getCipherSuite(suite, provider);
    this.#signatureKey = provider.signaturePrivateKey(provider.random(32));
    const credential = { type: 1, identity: utf8(name) } as const;
    this.externalSender = encodeTls({ signatureKey: this.#signatureKey.publicKey, credential }, writeExternalSender);
  }

  async propose(published: PublishedGroup, senderIndex: number, description: ProposalDescription): Promise<Uint8Array> {
    const suite = this.#suite;
    const group = PublicGroup.open({ suite, policy: RFC_POLICY, ...published });
    const { groupId, epoch } = group.context;
    const { message } = externalProposal({
      ...{ suite, groupId, epoch, signatureKey: this.#signatureKey, sender: { type: 'external', senderIndex } },
      proposal: toProposal(description, { groupId, members: () => group.members() }, suite.provider.random),
    });
    return message;
  }
}

/** The engine on a provider. */
export function conclave(provider: CryptoProvider): Implementation {
  const implementation: Implementation = {
    name: `conclave/${provider.name}`,
    features: FEATURES_OF_THE_ENGINE,
    create: async (options) => new ConclavePeer(implementation, provider, options),
    createOutsider: async (options) => new ConclaveOutsider(provider, options),
  };
  return implementation;
}
