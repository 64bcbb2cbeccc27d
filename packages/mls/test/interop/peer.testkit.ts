/**
 * One client in one group, as the interop tests see it: the same few calls over whichever implementation. Everything
 * that goes between peers is bytes, so no implementation sees another's objects.
 */
import type { Extension } from '../../src/index.js';

/** What a peer may be unable to do. Everything else every peer does. */
export const FEATURES = [
  'public-handshake',
  'welcome-without-tree',
  'forced-path',
  'update-proposal',
  'notice-replacement',
  'join-uneven-tree',
  'external-psk',
  'resumption-psk',
  'past-resumption-psk',
  'commit-context-extensions',
  'commit-context-extensions-with-path',
  'clear-context-extensions',
  'external-senders',
  'publish-group-info',
  'external-join',
  'external-join-psk',
  'follow-external-join',
  'new-member-proposal',
  'follow-new-member-proposal',
  'external-sender-proposal',
  'follow-external-sender-proposal',
  'reinit',
  'branch',
] as const;
/** Name of something that a peer may be unable to do. */
export type Feature = (typeof FEATURES)[number];

/** Why a peer can do something only with its own kind: both sides break the standard in the same way. */
export interface AmongItself {
  readonly onlyAmongItself: string;
}
/** For each feature: true, or why the peer lacks it. A feature gained is one line changed. */
export type Features = Readonly<Record<Feature, true | string | AmongItself>>;

/** A proposal as a script describes it. Members go by their names, because leaf indices are an outcome. */
export type ProposalDescription =
  | { readonly type: 'add' /** MLSMessage with a KeyPackage. */; readonly keyPackage: Uint8Array }
  | { readonly type: 'remove'; readonly member: string }
  | { readonly type: 'update' }
  | { readonly type: 'external-psk'; readonly id: Uint8Array }
  | { readonly type: 'resumption-psk'; readonly epoch: bigint }
  | {
      readonly type: 'group-context-extensions';
      readonly extensions: readonly Extension[];
      /** ExternalSender structures, to be admitted by an external_senders extension. */
      readonly externalSenders?: readonly Uint8Array[];
    }
  | {
      readonly type: 'reinit';
      readonly groupId: Uint8Array;
      readonly suite: number;
      readonly extensions: readonly Extension[];
    };

/** What a commit leads to. */
export interface PeerCommit {
  /** MLSMessage. */
  readonly message: Uint8Array;
  /** MLSMessage, when somebody was added. */
  readonly welcome?: Uint8Array;
  /** Content of a ratchet_tree extension, when the Welcome was to leave it out. */
  readonly ratchetTree?: Uint8Array;
}

/** What a member tells those outside so that they can join by themselves or propose something. */
export interface PublishedGroup {
  /** MLSMessage with a GroupInfo that has external_pub. */
  readonly groupInfo: Uint8Array;
  /** Content of a ratchet_tree extension, when it is not in the GroupInfo. */
  readonly ratchetTree?: Uint8Array;
}

/** The group that follows a ReInit, or branches off. */
export interface SuccessorRequest {
  readonly kind: 'reinit' | 'branch';
  readonly groupId: Uint8Array;
  readonly suite: number;
  readonly extensions: readonly Extension[];
  /** Of all other members of it: MLSMessages. */
  readonly keyPackages: readonly Uint8Array[];
  readonly forcePath: boolean;
  readonly treeApart: boolean;
}

/** How a commit is made. Proposals received or made in the epoch are always committed by reference. */
export interface CommitRequest {
  readonly byValue?: readonly ProposalDescription[];
  readonly forcePath?: boolean;
  readonly treeApart?: boolean;
}

/** What a message was. Proposals are kept, commits are put in force at once. */
export type Received =
  | { readonly kind: 'application'; readonly data: Uint8Array; readonly aad: Uint8Array }
  | { readonly kind: 'proposal' }
  | { readonly kind: 'commit' };

/** One client. It fails by throwing. */
export interface Peer {
  /** Identity in its credential. */
  readonly name: string;
  readonly implementation: Implementation;
  createGroup(groupId: Uint8Array, extensions: readonly Extension[]): Promise<void>;
  /** MLSMessage with a fresh KeyPackage, by which the next Welcome is expected. `suite` is the peer's unless given. */
  createKeyPackage(suite?: number): Promise<Uint8Array>;
  join(welcome: Uint8Array, ratchetTree?: Uint8Array): Promise<void>;
  installPsk(id: Uint8Array, value: Uint8Array): void;
  propose(proposal: ProposalDescription): Promise<Uint8Array>;
  /** Makes a commit and does not put it in force. */
  commit(request: CommitRequest): Promise<PeerCommit>;
  /** Puts the last commit made in force. */
  confirmCommit(): Promise<void>;
  receive(message: Uint8Array): Promise<Received>;
  protect(data: Uint8Array, aad: Uint8Array): Promise<Uint8Array>;
  publishGroup(treeApart: boolean): Promise<PublishedGroup>;
  /** Enters the group and gives the commit (an MLSMessage) that lets the others follow. */
  externalJoin(group: PublishedGroup, resync: boolean, externalPsks: readonly Uint8Array[]): Promise<Uint8Array>;
  /** Proposes from outside that the peer be added; the next Welcome is expected. */
  proposeOwnAddition(group: PublishedGroup): Promise<Uint8Array>;
  /** Leaves the current group for its successor. */
  startSuccessor(request: SuccessorRequest): Promise<PeerCommit>;
  joinSuccessor(kind: SuccessorRequest['kind'], welcome: Uint8Array, ratchetTree?: Uint8Array): Promise<void>;
  readonly epoch: bigint;
  /** False once a commit removed the peer. */
  readonly isMember: boolean;
  epochAuthenticator(): Uint8Array;
  exportSecret(label: string, context: Uint8Array, length: number): Promise<Uint8Array>;
}

/** Somebody who is no member and may propose: an external sender. */
export interface Outsider {
  /** ExternalSender structure. */
  readonly externalSender: Uint8Array;
  /** @param senderIndex - place in the group's external_senders */
  propose(group: PublishedGroup, senderIndex: number, proposal: ProposalDescription): Promise<Uint8Array>;
}

/** How a peer is set up. */
export interface PeerOptions {
  readonly name: string;
  /** Number of the cipher suite. */
  readonly suite: number;
  /** Whether own proposals and commits go out encrypted. */
  readonly handshake: 'private' | 'public';
}

/** A way to make peers. */
export interface Implementation {
  readonly name: string;
  readonly features: Features;
  create(options: PeerOptions): Promise<Peer>;
  createOutsider(options: PeerOptions): Promise<Outsider>;
}

/** Extension types that every peer's leaf names, besides the default ones. */
export const SUPPORTED_EXTENSIONS: readonly number[] = [0x000a, 0xff00];
/** Unix seconds; every leaf is valid in between. */
export const LEAF_LIFETIME = { notBefore: 0n, notAfter: 0x7fff_ffff_ffff_ffffn };
