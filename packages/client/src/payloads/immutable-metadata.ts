/**
 * Extension 0xf000: what a conversation is, fixed at its creation (libxmtp 1.10.0, `GroupMetadataV1`).
 *
 * ```
 * extension_data   opaque metadata<V>                 the engine of the deployed client models a struct around it
 *   1 conversation_type   1 group, 2 dm, 3 sync, 4 oneshot
 *   2 creator_account_address   always empty
 *   3 creator_inbox_id
 *   4 dm_members { 1 dm_member_one { 1 inbox_id }, 2 dm_member_two { 1 inbox_id } }   only of a DM
 *   5 oneshot_message { 1 readd_request { 1 group_id, 2 latest_commit_sequence_id } }  only of a oneshot
 * ```
 */
import { decodeTls, EMPTY_BYTES, TlsWriter } from '@conclave/crypto';
import { encodeMessage, type WireWriter } from '@conclave/proto';
import { decodePayload, malformedPayload } from './malformed-payload.js';
import { WireReader } from './protobuf-wire.js';

/** Numbers of the conversation types on the wire and in the database. */
export const CONVERSATION_TYPE_CODE = { group: 1, dm: 2, sync: 3, oneshot: 4 } as const;

export type ConversationType = keyof typeof CONVERSATION_TYPE_CODE;

const CONVERSATION_TYPES = new Map<number, ConversationType>(
  Object.entries(CONVERSATION_TYPE_CODE).map(([type, code]) => [code, type as ConversationType]),
);

/** The two inboxes of a DM: its creator first, then the other. */
export interface DmMembers {
  readonly one: string;
  readonly two: string;
}

/** Asks super admins to remove and add an installation again (fork recovery). */
export interface ReaddRequest {
  readonly groupId: Uint8Array;
  readonly latestCommitSequenceId: bigint;
}

/** Payload of a oneshot conversation; a kind that is not known here leaves it empty. */
export interface OneshotMessage {
  readonly readdRequest?: ReaddRequest;
}

/** Decoded 0xf000. */
export interface ImmutableMetadata {
  readonly conversationType: ConversationType;
  /** Informational: it gives no right. */
  readonly creatorInboxId: string;
  readonly dmMembers?: DmMembers;
  readonly oneshotMessage?: OneshotMessage;
}

/**
 * Reads the data of extension 0xf000.
 * @throws ClientError `client/payload-malformed`
 */
export function decodeImmutableMetadata(data: Uint8Array): ImmutableMetadata {
  return decodePayload('immutable metadata', () => {
    const reader = new WireReader(decodeTls(data, (outer) => outer.opaque()));
    let typeCode = 0;
    let creatorInboxId = '';
    let dmMembers: DmMembersDraft | undefined;
    let oneshot: OneshotDraft | undefined;
    while (reader.next()) {
      switch (reader.field) {
        case 1:
          typeCode = reader.int32();
          break;
        case 2:
          reader.string();
          break;
        case 3:
          creatorInboxId = reader.string();
          break;
        case 4:
          dmMembers ??= {};
          readDmMembers(reader.message(), dmMembers);
          break;
        case 5:
          oneshot ??= {};
          readOneshot(reader.message(), oneshot);
          break;
        default:
          reader.skip();
      }
    }
    const conversationType = CONVERSATION_TYPES.get(typeCode);
    if (conversationType === undefined) throw malformedPayload('immutable metadata', 'conversation_type');
    return {
      conversationType,
      creatorInboxId,
      ...(dmMembers === undefined ? {} : { dmMembers: finishDmMembers(dmMembers) }),
      ...(oneshot === undefined ? {} : { oneshotMessage: finishOneshot(oneshot) }),
    };
  });
}

/** Data of extension 0xf000, in the form that the deployed client writes. */
export function encodeImmutableMetadata(metadata: ImmutableMetadata): Uint8Array {
  const message = encodeMessage((writer) => {
    writer.enumeration(1, CONVERSATION_TYPE_CODE[metadata.conversationType]);
    writer.string(3, metadata.creatorInboxId);
    const { dmMembers, oneshotMessage } = metadata;
    if (dmMembers !== undefined) {
      writer.message(4, (members) => {
        members.message(1, (inbox) => inbox.string(1, dmMembers.one));
        members.message(2, (inbox) => inbox.string(1, dmMembers.two));
      });
    }
    if (oneshotMessage !== undefined) writer.message(5, (oneshot) => writeOneshot(oneshot, oneshotMessage));
  });
  return new TlsWriter(message.length + 4).opaque(message).finish();
}

interface DmMembersDraft {
  one?: string;
  two?: string;
}

function readDmMembers(reader: WireReader, draft: DmMembersDraft): void {
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        draft.one = readInbox(reader.message(), draft.one ?? '');
        break;
      case 2:
        draft.two = readInbox(reader.message(), draft.two ?? '');
        break;
      default:
        reader.skip();
    }
  }
}

function readInbox(reader: WireReader, before: string): string {
  let inboxId = before;
  while (reader.next()) {
    if (reader.field === 1) inboxId = reader.string();
    else reader.skip();
  }
  return inboxId;
}

function finishDmMembers({ one, two }: DmMembersDraft): DmMembers {
  if (one === undefined || two === undefined) throw malformedPayload('immutable metadata', 'dm_members');
  return { one, two };
}

interface OneshotDraft {
  readdRequest?: { groupId: Uint8Array; latestCommitSequenceId: bigint };
}

function readOneshot(reader: WireReader, draft: OneshotDraft): void {
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    draft.readdRequest ??= { groupId: EMPTY_BYTES, latestCommitSequenceId: 0n };
    const request = reader.message();
    while (request.next()) {
      if (request.field === 1) draft.readdRequest.groupId = request.bytes();
      else if (request.field === 2) draft.readdRequest.latestCommitSequenceId = request.uint64();
      else request.skip();
    }
  }
}

function finishOneshot({ readdRequest }: OneshotDraft): OneshotMessage {
  return readdRequest === undefined ? {} : { readdRequest };
}

function writeOneshot(writer: WireWriter, { readdRequest }: OneshotMessage): void {
  if (readdRequest === undefined) return;
  writer.message(1, (request) => {
    request.bytes(1, readdRequest.groupId);
    request.uint64(2, readdRequest.latestCommitSequenceId);
  });
}
