/**
 * The invitation itself: a text for a link or a QR code (XIP-82, `ExternalInvitePayload`). Whoever has it can join while the group allows it.
 *
 *     ExternalInvitePayload 1 v1 { 2 external_group_id, 3 symmetric_key { 1 material }, 100 anchor { 1 group_id, 2 repeated voucher } }
 *
 * The anchor is ours: the group, and the inboxes whose installations may vouch for its state. Everybody who has the link can put another
 * group's state into the slot; without the signature of a voucher nobody joins it. Other implementations pass over the field.
 */
import { CryptoError, fromBase64Url, fromHex, toBase64Url, toHex } from '@conclave/crypto';
import { encodeMessage } from '@conclave/proto';
import { WireReader } from '../payloads/protobuf-wire.js';
import { inviteInvalid } from './invite-rules.js';

/** What a link holds. */
export interface Invite {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly slot: Uint8Array;
  /** Group id, lower-case hex. */
  readonly groupId: string;
  /** Inboxes whose installations vouch for the group. */
  readonly vouchers: readonly string[];
}

const ANCHOR = 100;
const KEY_BYTES = 32;
const GROUP_ID_BYTES = 16;
const INBOX_ID_BYTES = 32;
const MAX_LINK_LENGTH = 4_096;
const MAX_VOUCHERS = 16;

/** The text: base64url, behind a `#` where there is an address to open. What stands behind it is not sent to that address. */
export function encodeInvite({ key, slot, groupId, vouchers }: Invite, baseUrl?: string): string {
  const bytes = encodeMessage((writer) => {
    writer.message(1, (v1) => {
      v1.bytes(2, slot);
      v1.message(3, (inner) => inner.bytes(1, key));
      v1.message(ANCHOR, (anchor) => {
        anchor.bytes(1, fromHex(groupId));
        for (const inboxId of vouchers) anchor.element(2, fromHex(inboxId));
      });
    });
  });
  const text = toBase64Url(bytes);
  return baseUrl === undefined ? text : `${baseUrl}#${text}`;
}

/** @throws ClientError `client/invite-invalid` with rule `link-malformed` or `link-anchor` */
export function decodeInvite(link: string): Invite {
  const malformed = (cause?: unknown) => inviteInvalid('link-malformed', {}, cause);
  if (link.length > MAX_LINK_LENGTH) throw malformed();
  let parts: Partial<Invite>;
  try {
    parts = read(fromBase64Url(link.slice(link.lastIndexOf('#') + 1).trim()));
  } catch (error) {
    if (error instanceof CryptoError) throw malformed(error);
    throw error;
  }
  const { key, slot, groupId, vouchers = [] } = parts;
  if (key?.length !== KEY_BYTES || slot === undefined || slot.length < 4) throw malformed();
  if (groupId?.length !== 2 * GROUP_ID_BYTES || vouchers.length === 0 || vouchers.length > MAX_VOUCHERS)
    throw inviteInvalid('link-anchor');
  if (vouchers.some((inboxId) => inboxId.length !== 2 * INBOX_ID_BYTES)) throw inviteInvalid('link-anchor');
  return { key, slot, groupId, vouchers };
}

function read(bytes: Uint8Array): Partial<Invite> {
  const invite: { -readonly [Key in keyof Invite]?: Invite[Key] } = {};
  const vouchers: string[] = [];
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const v1 = reader.message();
    while (v1.next()) {
      if (v1.field === 2) invite.slot = v1.bytes();
      else if (v1.field === 3) {
        const inner = v1.message();
        while (inner.next()) {
          if (inner.field === 1) invite.key = inner.bytes();
          else inner.skip();
        }
      } else if (v1.field === ANCHOR) {
        const anchor = v1.message();
        while (anchor.next()) {
          if (anchor.field === 1) invite.groupId = toHex(anchor.bytes());
          else if (anchor.field === 2) vouchers.push(toHex(anchor.bytes()));
          else anchor.skip();
        }
      } else v1.skip();
    }
  }
  return { ...invite, vouchers };
}
