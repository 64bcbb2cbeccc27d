/** Authors who judge themselves by nothing, and messages that no honest client makes. */
import { EMPTY_BYTES } from '@conclave/crypto';
import { type AuthenticatedContent, type Content, signFramedContent } from '../../src/framing/framed-content.js';
import { sealPublicMessage } from '../../src/framing/public-message.js';
import type { Sender } from '../../src/framing/sender.js';
import { decodeGroupHeader } from '../../src/group/group-header.js';
import { GroupState } from '../../src/group/group-state.js';
import { completeConfig } from '../../src/group/mls-config.js';
import { frameContent, handshakeWireFormat, sealMessage, signContent } from '../../src/group/send-message.js';
import { createPolicy, RULES, type RuleName, STANDARD_TYPES, type TypeRegistry } from '../../src/index.js';
import { ROW_KIND, RowJournal } from '../../src/rows.js';
import { RatchetTree } from '../../src/tree/ratchet-tree.js';
import type { Member } from '../scenario/members.testkit.js';

/** Enforces nothing that can be waived. */
export function lenientPolicy(types: TypeRegistry = STANDARD_TYPES) {
  return createPolicy('lenient', Object.keys(RULES) as RuleName[], types);
}

/** The state behind a member's rows, to sign with. */
export function stateOf({ rows, signatureKey, config, suite }: Member): GroupState {
  return new GroupState({
    ...{ suite, signatureKey, rows: new RowJournal(rows), config: completeConfig(config) },
    header: decodeGroupHeader(rows.get(ROW_KIND.header, EMPTY_BYTES) as Uint8Array),
    tree: () => RatchetTree.open(suite, rows),
  });
}

/** A content signed by a member and protected as it protects its own. */
export function sendAsMember(member: Member, content: Content): Uint8Array {
  const state = stateOf(member);
  const signed = signContent(state, handshakeWireFormat(state), frameContent(state, content));
  return sealMessage(state, withTag(signed), member.random);
}

/** A content signed by somebody outside, in the epoch of `group`. */
export function sendFromOutside(author: Member, sender: Sender, content: Content, group: Member): Uint8Array {
  const { groupId, epoch, context } = group.group;
  const framed = { groupId, epoch, sender, authenticatedData: EMPTY_BYTES, content };
  const signature = signFramedContent(author.signatureKey, 1, framed, context.raw);
  return sealPublicMessage(author.suite, withTag({ wireFormat: 1, framed, signature }), EMPTY_BYTES, EMPTY_BYTES);
}

function withTag(message: AuthenticatedContent): AuthenticatedContent {
  return message.framed.content.contentType === 3 ? { ...message, confirmationTag: new Uint8Array(32) } : message;
}
