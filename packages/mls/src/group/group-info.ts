/**
 * What a newcomer is told about a group (RFC 9420 section 12.4.3).
 *
 *     GroupInfo group_context extensions<V> confirmation_tag<V> signer:u32 signature<V>
 */
import { type SignaturePrivateKey, type SignaturePublicKey, type TlsReader, TlsWriter } from '@conclave/crypto';
import { signWithLabel, verifyWithLabel } from '../crypto/labels.js';
import { decodeExactly } from '../errors.js';
import { type Extension, readExtensions, writeExtensions } from '../extension.js';
import { type GroupContext, readGroupContext } from '../schedule/group-context.js';

/** GroupInfo (section 12.4.3): the group as a joiner gets to know it, signed by a member. */
export interface GroupInfo {
  readonly groupContext: GroupContext;
  readonly extensions: readonly Extension[];
  /** 32 bytes. */
  readonly confirmationTag: Uint8Array;
  /** Leaf index of the member who vouches for it. */
  readonly signer: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** GroupInfoTBS: the encoding without the signature. */
  readonly rawTbs: Uint8Array;
  /** The encoded structure. */
  readonly raw: Uint8Array;
}

/** Makes and signs a GroupInfo. Costs a copy of the extensions, the tree among them. */
export function createGroupInfo(
  key: SignaturePrivateKey,
  fields: Pick<GroupInfo, 'groupContext' | 'extensions' | 'confirmationTag' | 'signer'>,
): GroupInfo {
  const size = fields.extensions.reduce((sum, { data }) => sum + data.length + 6, 0);
  const writer = new TlsWriter(fields.groupContext.raw.length + size + 128).raw(fields.groupContext.raw);
  writeExtensions(writer, fields.extensions);
  const tbsLength = writer.opaque(fields.confirmationTag).u32(fields.signer).length;
  // The TBS is the front of the final encoding, so it is signed where it lies.
  const tbs = writer.finish();
  const signature = signWithLabel(key, 'GroupInfoTBS', tbs);
  const whole = new TlsWriter(tbsLength + 68).raw(tbs).opaque(signature).finish();
  return { ...fields, signature, rawTbs: whole.subarray(0, tbsLength), raw: whole };
}

/** @throws CryptoError `codec/…` */
export function readGroupInfo(reader: TlsReader): GroupInfo {
  const start = reader.offset;
  const groupContext = readGroupContext(reader);
  const extensions = readExtensions(reader);
  const confirmationTag = reader.opaque();
  const signer = reader.u32();
  const rawTbs = reader.slice(start, reader.offset);
  const signature = reader.opaque();
  const raw = reader.slice(start, reader.offset);
  return { groupContext, extensions, confirmationTag, signer, signature, rawTbs, raw };
}

/** @throws MlsError `mls/malformed` */
export function decodeGroupInfo(bytes: Uint8Array): GroupInfo {
  return decodeExactly('GroupInfo', bytes, readGroupInfo);
}

/** Whether `key` signed it. */
export function verifyGroupInfo(key: SignaturePublicKey, groupInfo: GroupInfo): boolean {
  return verifyWithLabel(key, 'GroupInfoTBS', groupInfo.signature, groupInfo.rawTbs);
}
