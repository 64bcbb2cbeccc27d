/**
 * Messages of sync groups (libxmtp 1.10.0): `DeviceSyncContent` inside an EncodedContent of type `xmtp.org/application/x-protobuf:1.0`.
 * What cannot be read is no message: newer clients may say things that are not known here.
 */
import {
  create,
  type DeviceSyncContent,
  DeviceSyncContentSchema,
  decodeProto,
  EncodedContentSchema,
  type MessageInitShape,
  ProtoError,
  toBinary,
} from '@conclave/proto';

const TYPE = { authorityId: 'xmtp.org', typeId: 'application/x-protobuf', versionMajor: 1, versionMinor: 0 } as const;

/** One message, by its case. */
export type SyncMessage = NonNullable<DeviceSyncContent['content']>;

/** As it is sent. */
export function encodeSyncContent(
  content: NonNullable<MessageInitShape<typeof DeviceSyncContentSchema>['content']>,
): Uint8Array {
  const bytes = toBinary(DeviceSyncContentSchema, create(DeviceSyncContentSchema, { content }));
  return toBinary(EncodedContentSchema, create(EncodedContentSchema, { type: TYPE, content: bytes }));
}

/** Undefined when it is none. Like the deployed client, it does not look at the type. */
export function decodeSyncContent(content: Uint8Array): SyncMessage | undefined {
  try {
    const { content: bytes } = decodeProto(EncodedContentSchema, content);
    const message = decodeProto(DeviceSyncContentSchema, bytes).content;
    return message.case === undefined ? undefined : message;
  } catch (error) {
    if (error instanceof ProtoError) return undefined;
    throw error;
  }
}
