/**
 * The text that everyone who signs an identity update signs (XIP-46; format of libxmtp 1.10.0, which differs from the
 * XIP in the time and in the missing slash at the end). LF, no newline at the end. A verifier always rebuilds it.
 *
 *     XMTP : Authenticate to inbox
 *
 *     Inbox ID: <inbox id>
 *     Current time: <YYYY-MM-DDTHH:MM:SSZ>
 *
 *     <two lines for each action>
 *
 *     For more info: https://xmtp.org/signatures
 */
import { utf8 } from '@conclave/crypto';
import type { IdentityAction, IdentityUpdate } from './actions.js';
import { identifierText, type MemberIdentifier, type MemberKind } from './identifier.js';

const HEADER = 'XMTP : Authenticate to inbox';
const FOOTER = 'For more info: https://xmtp.org/signatures';

interface Wording {
  readonly add: string;
  readonly revoke: string;
  readonly label: string;
}

const WORDING: Readonly<Record<MemberKind, Wording>> = {
  installation: { add: 'Grant messaging access to app', revoke: 'Revoke messaging access from app', label: 'ID' },
  ethereum: { add: 'Link address to inbox', revoke: 'Unlink address from inbox', label: 'Address' },
  passkey: { add: 'Link passkey to inbox', revoke: 'Unlink passkey from inbox', label: 'Passkey' },
};

/** Text to sign. Who signs, how, and the nonce are not part of it. Cost: linear in the number of actions. */
export function signatureText(update: IdentityUpdate<unknown>): string {
  return [
    HEADER,
    '',
    `Inbox ID: ${update.inboxId}`,
    `Current time: ${timeText(update.clientTimestampNs)}`,
    '',
    ...update.actions.map(actionText),
    '',
    FOOTER,
  ].join('\n');
}

function actionText(action: IdentityAction<unknown>): string {
  switch (action.kind) {
    case 'create-inbox':
      return lines('Create inbox', 'Owner', action.owner);
    case 'add-association': {
      const { add, label } = WORDING[action.newMember.kind];
      return lines(add, label, action.newMember);
    }
    case 'revoke-association': {
      const { revoke, label } = WORDING[action.member.kind];
      return lines(revoke, label, action.member);
    }
    case 'change-recovery-identifier':
      // The word is "Address" for a passkey too.
      return lines('Change inbox recovery address', 'Address', action.newRecoveryIdentifier);
  }
}

function lines(title: string, label: string, identifier: MemberIdentifier): string {
  return `- ${title}\n  (${label}: ${identifierText(identifier)})`;
}

/** RFC 3339 in whole seconds, rounded down. The 64 bits are read as signed, so the year is 1677 to 2262. */
function timeText(timestampNs: bigint): string {
  const signedNs = BigInt.asIntN(64, timestampNs);
  const truncated = signedNs / 1_000_000_000n;
  const seconds = signedNs < truncated * 1_000_000_000n ? truncated - 1n : truncated;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

let last: { readonly text: string; readonly bytes: Uint8Array } = { text: '', bytes: new Uint8Array(0) };

/** UTF-8 of a text that was signed, not to be changed: kept for the next who asks, since the signatures of an update are all over one text. */
export function textBytes(text: string): Uint8Array {
  if (last.text !== text) last = { text, bytes: utf8(text) };
  return last.bytes;
}
