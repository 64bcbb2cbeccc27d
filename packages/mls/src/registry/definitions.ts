/**
 * What the engine is told about a type number that RFC 9420 leaves open (sections 13 and 17): how its content is read,
 * where it may stand, what a valid one is and what it does. Definitions come together in a `TypeRegistry`, which a
 * validation policy carries; none of the engine's other files knows of a single one.
 */
import type { ErrorDetails, TlsReader, TlsWriter } from '@conclave/crypto';
import type { Extension } from '../extension.js';
import type { Sender } from '../framing/sender.js';
import type { GroupContext } from '../schedule/group-context.js';
import type { LeafNode } from '../tree/leaf-node.js';
import type { RuleName } from '../validation/rules.js';

/** Where a list of extensions stands. */
export type ExtensionPlace = 'leaf-node' | 'key-package' | 'group-context' | 'group-info';

/**
 * Refuses the input for breaking a rule, unless the policy waives the rule; then it returns. Types from outside the
 * engine use the rules `custom-proposal` and `custom-extension` and say in the details which check it was.
 */
export type Refuse = (rule: RuleName, details?: ErrorDetails) => void;

/** A change of one extension by a GroupContextExtensions proposal. */
export interface ExtensionReplacement {
  /** Undefined where the extension was not there before. */
  readonly before: Uint8Array | undefined;
  /** Undefined where the extension goes away. */
  readonly after: Uint8Array | undefined;
  readonly extensionsBefore: readonly Extension[];
  readonly extensionsAfter: readonly Extension[];
  readonly refuse: Refuse;
}

/** An extension type (section 17.3). */
export interface ExtensionDefinition {
  readonly type: number;
  readonly name: string;
  readonly places: readonly ExtensionPlace[];
  /** Places where any content is let through, because clients that do not know the type let it through. */
  readonly uncheckedIn?: readonly ExtensionPlace[];
  /** Reads the content to its end; throws when it is not of the type. */
  read(reader: TlsReader): unknown;
  /** Judges what a GroupContextExtensions proposal does to this extension; called when its content changes. */
  checkReplacement?(replacement: ExtensionReplacement): void;
}

/** A credential type (section 17.5). */
export interface CredentialDefinition {
  readonly type: number;
  readonly name: string;
  /** Reads the content, which lies in one vector on the wire, to its end; throws when it is not of the type. */
  read(reader: TlsReader): unknown;
}

/** A proposal of a commit with what its definition may look at. */
export interface SentContent<Content> {
  readonly content: Content;
  readonly sender: Sender;
  /** Whether the commit names it by reference. */
  readonly byReference: boolean;
  /** Its place in the commit, from 0. */
  readonly position: number;
}

/** The commit that a list of proposals stands in. */
export interface ProposalListPlace {
  /** Before the commit. */
  readonly context: GroupContext;
  /** The member at a leaf before the commit. */
  leaf(leafIndex: number): LeafNode | undefined;
  /** Place of the commit's GroupContextExtensions proposal. */
  readonly contextExtensionsPosition: number | undefined;
  /** Whether somebody joins by the commit. */
  readonly isExternalCommit: boolean;
  readonly refuse: Refuse;
}

/**
 * A proposal type (section 17.4). The columns `External` and `Path Required` of IANA's table are `fromExternalSender`
 * and `requiresPath`. A commit with it is valid only where all members list the type in their capabilities.
 */
export interface ProposalDefinition<Content = unknown> {
  readonly type: number;
  readonly name: string;
  /** Whether a commit with such a proposal must have a path. */
  readonly requiresPath: boolean;
  /** Whether external senders may propose it. */
  readonly fromExternalSender: boolean;
  /** Whether commits may hold it only by reference. */
  readonly byReferenceOnly: boolean;
  /** Whether a commit by which somebody joins may hold it; by reference only where `byReferenceOnly` says so. */
  readonly inExternalCommits: boolean;
  /** Whether it is sent as a PublicMessage even where handshake messages are encrypted. */
  readonly isPublic: boolean;
  /** Reads the body, which follows the type without a length of its own. Throws when it is malformed. */
  read(reader: TlsReader): Content;
  write(writer: TlsWriter, content: Content): void;
  /** Judges all proposals of the type in a commit together, in their order. */
  check?(proposals: readonly SentContent<Content>[], place: ProposalListPlace): void;
  /** The leaves that these proposals remove; they go after the updates and before the Remove proposals. */
  removedLeaves?(proposals: readonly SentContent<Content>[]): readonly number[];
  /**
   * The extensions of the next GroupContext. Called after the proposals of RFC 9420 had their effect.
   * @param extensions - as GroupContextExtensions, and types registered before this one, left them
   */
  changeContext?(
    proposals: readonly SentContent<Content>[],
    extensions: readonly Extension[],
    place: ProposalListPlace,
  ): readonly Extension[];
}
