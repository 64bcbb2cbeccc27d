/** ts-mls 1.6.4 as a peer: an implementation of RFC 9420 by other people, from whose errors ours is independent. */
import { randomBytes } from 'node:crypto';
import { utf8 } from '@conclave/crypto';
import {
  bytesToBase64,
  type CiphersuiteImpl,
  type ClientState,
  ciphersuites,
  createApplicationMessage,
  createCommit,
  createGroup,
  createGroupInfoWithExternalPub,
  createGroupInfoWithExternalPubAndRatchetTree,
  createProposal,
  encodeExternalSender,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  joinGroup,
  joinGroupExternal,
  joinGroupFromBranch,
  joinGroupFromReinit,
  type KeyPackage,
  makePskIndex,
  mlsExporter,
  type PrivateKeyPackage,
  type Proposal,
  type PskIndex,
  processPrivateMessage,
  processPublicMessage,
  proposeAddExternal,
  proposeExternal,
} from 'ts-mls';
import type { Extension } from '../../../src/index.js';
import {
  type CommitRequest,
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
} from '../peer.testkit.js';
import {
  decode,
  decodeGroupInfo,
  decodeTree,
  decodeWelcome,
  encodeTree,
  toPeerCommit,
  toTsMlsExtension,
  toTsMlsProposal,
} from './convert.testkit.js';
import { tsMlsSuite } from './suite.testkit.js';

const FEATURES_OF_TS_MLS: Features = {
  'public-handshake': true,
  'welcome-without-tree': true,
  'forced-path': 'a commit gets a path only where ts-mls 1.6.4 finds one necessary',
  'update-proposal': 'ts-mls 1.6.4 cannot adopt the key of an own Update proposal',
  'notice-replacement': 'ts-mls 1.6.4 overlooks its removal when a newcomer takes its leaf in the same commit',
  'join-uneven-tree': 'ts-mls 1.6.4 joins only where all ancestors of a leaf list the same unmerged leaves',
  'external-psk': true,
  'resumption-psk': true,
  'past-resumption-psk': true,
  'commit-context-extensions': {
    onlyAmongItself: 'ts-mls 1.6.4 leaves the path out of commits with GroupContextExtensions',
  },
  'commit-context-extensions-with-path': 'ts-mls 1.6.4 encrypts the path under the extensions of before',
  'clear-context-extensions': 'ts-mls 1.6.4 takes an empty list in GroupContextExtensions for no change',
  'external-senders': { onlyAmongItself: 'ts-mls 1.6.4 reads external_senders as one sender instead of a list' },
  'publish-group-info': { onlyAmongItself: 'ts-mls 1.6.4 writes external_pub without its length' },
  'external-join': { onlyAmongItself: 'ts-mls 1.6.4 reads external_pub without its length' },
  'external-join-psk': 'ts-mls 1.6.4 takes no pre-shared keys where it joins by itself',
  'follow-external-join': true,
  'new-member-proposal': true,
  'follow-new-member-proposal': true,
  'external-sender-proposal': {
    onlyAmongItself: 'ts-mls 1.6.4 reads external_senders as one sender instead of a list',
  },
  'follow-external-sender-proposal': {
    onlyAmongItself: 'ts-mls 1.6.4 reads external_senders as one sender instead of a list',
  },
  reinit: true,
  branch: true,
};

interface OwnKeyPackage {
  readonly publicPackage: KeyPackage;
  readonly privatePackage: PrivateKeyPackage;
}

export class TsMlsPeer implements Peer {
  readonly name: string;
  readonly implementation: Implementation;
  #suite: CiphersuiteImpl;
  readonly #handshake: PeerOptions['handshake'];
  readonly #signatureKey: Awaited<ReturnType<CiphersuiteImpl['signature']['keygen']>>;
  readonly #psks: Record<string, Uint8Array> = {};
  readonly #keyPackages: OwnKeyPackage[] = [];
  #state: ClientState | undefined;
  #next: ClientState | undefined;

  constructor(
    implementation: Implementation,
    { name, handshake }: PeerOptions,
    suite: CiphersuiteImpl,
    signatureKey: Awaited<ReturnType<CiphersuiteImpl['signature']['keygen']>>,
  ) {
    this.name = name;
    this.implementation = implementation;
    this.#handshake = handshake;
    this.#suite = suite;
    this.#signatureKey = signatureKey;
  }

  /** Its state, for tests that damage what it does. */
  get state(): ClientState {
    if (this.#state === undefined) throw new TypeError(`${this.name} is in no group`);
    return this.#state;
  }

  get suite(): CiphersuiteImpl {
    return this.#suite;
  }

  get #pskIndex(): PskIndex {
    return makePskIndex(this.#state, this.#psks);
  }

  async createGroup(groupId: Uint8Array, extensions: readonly Extension[]): Promise<void> {
    const { publicPackage, privatePackage } = await this.#generateKeyPackage();
    this.#state = await createGroup(
      ...([groupId, publicPackage, privatePackage, extensions.map(toTsMlsExtension), this.#suite] as const),
    );
  }

  async createKeyPackage(id?: number): Promise<Uint8Array> {
    const own = await this.#generateKeyPackage(id === undefined ? this.#suite : await tsMlsSuite(id));
    this.#keyPackages.push(own);
    return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: own.publicPackage });
  }

  async join(welcome: Uint8Array, ratchetTree?: Uint8Array): Promise<void> {
    const { publicPackage, privatePackage } = this.#lastKeyPackage();
    const psks = makePskIndex(undefined, this.#psks);
    const tree = decodeTree(ratchetTree);
    this.#state = await joinGroup(decodeWelcome(welcome), publicPackage, privatePackage, psks, this.#suite, tree);
  }

  installPsk(id: Uint8Array, value: Uint8Array): void {
    this.#psks[bytesToBase64(id)] = value;
  }

  async propose(description: ProposalDescription): Promise<Uint8Array> {
    const isPublic = this.#handshake === 'public';
    const proposal = this.#proposal(description);
    const { newState, message } = await createProposal(this.state, isPublic, proposal, this.#suite);
    this.#state = newState;
    return encodeMlsMessage(message);
  }

  async commit({ byValue = [], treeApart = false }: CommitRequest): Promise<PeerCommit> {
    const { newState, welcome, commit } = await createCommit(
      { state: this.state, cipherSuite: this.#suite, pskIndex: this.#pskIndex },
      {
        extraProposals: byValue.map((description) => this.#proposal(description)),
        ratchetTreeExtension: !treeApart,
        wireAsPublicMessage: this.#handshake === 'public',
      },
    );
    this.#next = newState;
    return toPeerCommit(commit, welcome, treeApart ? newState.ratchetTree : undefined);
  }

  async confirmCommit(): Promise<void> {
    if (this.#next === undefined) throw new TypeError(`${this.name} made no commit`);
    this.#state = this.#next;
    this.#next = undefined;
  }

  async receive(bytes: Uint8Array): Promise<Received> {
    const message = decode(bytes);
    const { state } = this;
    switch (message.wireformat) {
      case 'mls_private_message': {
        const { privateMessage } = message;
        const result = await processPrivateMessage(state, privateMessage, this.#pskIndex, this.#suite);
        this.#state = result.newState;
        if (result.kind !== 'applicationMessage') return { kind: privateMessage.contentType as 'proposal' | 'commit' };
        return { kind: 'application', data: result.message, aad: privateMessage.authenticatedData };
      }
      case 'mls_public_message': {
        const { publicMessage } = message;
        const result = await processPublicMessage(state, publicMessage, this.#pskIndex, this.#suite);
        this.#state = result.newState;
        return { kind: publicMessage.content.contentType as 'proposal' | 'commit' };
      }
      default:
        throw new TypeError(`${message.wireformat} instead of a message of the group`);
    }
  }

  async protect(data: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    const { newState, privateMessage } = await createApplicationMessage(this.state, data, this.#suite, aad);
    this.#state = newState;
    return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage });
  }

  async publishGroup(treeApart: boolean): Promise<PublishedGroup> {
    const { state } = this;
    const create = treeApart ? createGroupInfoWithExternalPub : createGroupInfoWithExternalPubAndRatchetTree;
    const groupInfo = await create(state, [], this.#suite);
    const message = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo });
    return treeApart ? { groupInfo: message, ratchetTree: encodeTree(state.ratchetTree) } : { groupInfo: message };
  }

  async externalJoin(group: PublishedGroup, resync: boolean): Promise<Uint8Array> {
    const { publicPackage, privatePackage } = await this.#generateKeyPackage();
    const { publicMessage, newState } = await joinGroupExternal(
      ...([decodeGroupInfo(group.groupInfo), publicPackage, privatePackage, resync, this.#suite] as const),
      decodeTree(group.ratchetTree),
    );
    this.#state = newState;
    return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage });
  }

  async proposeOwnAddition(group: PublishedGroup): Promise<Uint8Array> {
    await this.createKeyPackage();
    const { publicPackage, privatePackage } = this.#lastKeyPackage();
    const groupInfo = decodeGroupInfo(group.groupInfo);
    return encodeMlsMessage(await proposeAddExternal(groupInfo, publicPackage, privatePackage, this.#suite));
  }

  async startSuccessor(request: SuccessorRequest): Promise<PeerCommit> {
    const suite = await tsMlsSuite(request.suite);
    const { publicPackage, privatePackage } = await this.#generateKeyPackage(suite);
    const usage = request.kind;
    const { groupId: pskGroupId, epoch: pskEpoch } = this.state.groupContext;
    const pskNonce = new Uint8Array(randomBytes(32));
    // What `branchGroup` and `reinitCreateNewGroup` do, with the choices that they do not offer.
    const extensions = request.extensions.map(toTsMlsExtension);
    const started = await createGroup(request.groupId, publicPackage, privatePackage, extensions, suite);
    const { newState, commit, welcome } = await createCommit(
      { state: started, cipherSuite: suite, pskIndex: this.#pskIndex },
      {
        extraProposals: [
          ...request.keyPackages.map((keyPackage) => this.#proposal({ type: 'add', keyPackage })),
          {
            proposalType: 'psk',
            psk: { preSharedKeyId: { psktype: 'resumption', usage, pskGroupId, pskEpoch, pskNonce } },
          },
        ],
        ratchetTreeExtension: !request.treeApart,
      },
    );
    this.#state = newState;
    this.#suite = suite;
    return toPeerCommit(commit, welcome, request.treeApart ? newState.ratchetTree : undefined);
  }

  async joinSuccessor(kind: SuccessorRequest['kind'], welcome: Uint8Array, ratchetTree?: Uint8Array): Promise<void> {
    const { publicPackage, privatePackage } = this.#lastKeyPackage();
    const suite = await tsMlsSuite(ciphersuites[publicPackage.cipherSuite]);
    const parts = [this.state, decodeWelcome(welcome), publicPackage, privatePackage, decodeTree(ratchetTree)] as const;
    this.#state =
      kind === 'reinit'
        ? await joinGroupFromReinit(...parts, { getCiphersuiteImpl: async () => suite })
        : await joinGroupFromBranch(...parts, suite);
    this.#suite = suite;
  }

  get epoch(): bigint {
    return this.state.groupContext.epoch;
  }

  get isMember(): boolean {
    return this.#state?.groupActiveState.kind === 'active';
  }

  epochAuthenticator(): Uint8Array {
    return this.state.keySchedule.epochAuthenticator;
  }

  async exportSecret(label: string, context: Uint8Array, length: number): Promise<Uint8Array> {
    return mlsExporter(this.state.keySchedule.exporterSecret, label, context, length, this.#suite);
  }

  #generateKeyPackage(suite = this.#suite): Promise<OwnKeyPackage> {
    return generateKeyPackageWithKey(
      { credentialType: 'basic', identity: utf8(this.name) },
      {
        versions: ['mls10'],
        ciphersuites: [suite.name],
        extensions: [...SUPPORTED_EXTENSIONS],
        proposals: [],
        credentials: ['basic'],
      },
      LEAF_LIFETIME,
      [],
      this.#signatureKey,
      suite,
    );
  }

  #proposal(description: ProposalDescription): Proposal {
    return toTsMlsProposal(description, this.state.groupContext, this.state.ratchetTree);
  }

  #lastKeyPackage(): OwnKeyPackage {
    const own = this.#keyPackages.at(-1);
    if (own === undefined) throw new TypeError(`${this.name} has no key package`);
    return own;
  }
}

/** ts-mls with its own crypto. */
export const tsMls: Implementation = {
  name: 'ts-mls 1.6.4',
  features: FEATURES_OF_TS_MLS,
  create: async (options) => {
    const suite = await tsMlsSuite(options.suite);
    return new TsMlsPeer(tsMls, options, suite, await suite.signature.keygen());
  },
  createOutsider: async (options) => {
    const suite = await tsMlsSuite(options.suite);
    const { publicKey, signKey } = await suite.signature.keygen();
    return {
      externalSender: encodeExternalSender({
        credential: { credentialType: 'basic', identity: utf8(options.name) },
        signaturePublicKey: publicKey,
      }),
      propose: async (group, _senderIndex, description) => {
        const groupInfo = decodeGroupInfo(group.groupInfo);
        const tree = decodeTree(group.ratchetTree);
        if (tree === undefined) throw new TypeError('an outsider needs the tree beside the GroupInfo');
        const proposal = toTsMlsProposal(description, groupInfo.groupContext, tree);
        return encodeMlsMessage(await proposeExternal(groupInfo, proposal, publicKey, signKey, suite));
      },
    } satisfies Outsider;
  },
};
