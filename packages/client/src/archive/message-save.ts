/** A message as archives carry it (libxmtp 1.10.0, `GroupMessageSave`). */
import { fromHex, toHex } from '@conclave/crypto';
import { isInboxId } from '@conclave/identity';
import {
  create,
  DeliveryStatusSave,
  GroupMessageKindSave,
  type GroupMessageSave,
  GroupMessageSaveSchema,
} from '@conclave/proto';
import { contentInfo } from '../messages/content-info.js';
import type { DeliveryStatus, MessageKind, NewMessage, StoredMessage } from '../store/messages.js';

const KINDS = {
  application: GroupMessageKindSave.APPLICATION,
  'membership-change': GroupMessageKindSave.MEMBERSHIP_CHANGE,
} as const;
const STATUSES = {
  unpublished: DeliveryStatusSave.UNPUBLISHED,
  published: DeliveryStatusSave.PUBLISHED,
  failed: DeliveryStatusSave.FAILED,
} as const;
const MESSAGE_ID_LENGTH = 32;
const INSTALLATION_ID_LENGTH = 32;
/** What stands for the node's numbers of application messages and of commits (libxmtp `Originators`). */
const ORIGINATORS = { application: 10n, 'membership-change': 0n } as const;

/** The message as it travels. */
export function toMessageSave(message: StoredMessage): GroupMessageSave {
  const { content, kind, sequenceId, referenceId } = message;
  const info = contentInfo(content);
  return create(GroupMessageSaveSchema, {
    id: fromHex(message.id),
    groupId: fromHex(message.groupId),
    decryptedMessageBytes: content,
    sentAtNs: message.sentAtNs,
    kind: KINDS[kind],
    senderInstallationId: fromHex(message.senderInstallationId),
    senderInboxId: message.senderInboxId,
    deliveryStatus: STATUSES[message.deliveryStatus],
    versionMajor: info.versionMajor,
    versionMinor: info.versionMinor,
    authorityId: info.authorityId,
    contentType: info.contentType === 'custom' ? 'unknown' : info.typeId,
    // Deployed clients store and expect numbers, 0 for none.
    sequenceId: sequenceId ?? 0n,
    originatorId: ORIGINATORS[kind],
    ...(referenceId === undefined ? {} : { referenceId: fromHex(referenceId) }),
  });
}

/**
 * A row for the message; undefined for a record that is none. What its content says about itself is read from the content. A
 * message that waits to be sent on another device is not sent from here: it counts as failed.
 */
export function fromMessageSave(
  save: GroupMessageSave,
  fields: Pick<NewMessage, 'insertedAtNs' | 'expireAtNs'>,
): NewMessage | undefined {
  const kind = nameOf(KINDS, save.kind);
  const status = nameOf(STATUSES, save.deliveryStatus);
  if (kind === undefined || status === undefined || !isInboxId(save.senderInboxId)) return undefined;
  if (save.id.length !== MESSAGE_ID_LENGTH || save.senderInstallationId.length !== INSTALLATION_ID_LENGTH) {
    return undefined;
  }
  const sequenceId = save.sequenceId !== undefined && save.sequenceId > 0n ? save.sequenceId : undefined;
  return {
    id: toHex(save.id),
    groupId: toHex(save.groupId),
    content: save.decryptedMessageBytes,
    kind,
    ...contentInfo(save.decryptedMessageBytes),
    senderInstallationId: toHex(save.senderInstallationId),
    senderInboxId: save.senderInboxId,
    deliveryStatus: status === 'unpublished' ? 'failed' : status,
    sentAtNs: save.sentAtNs,
    sequenceId,
    idempotencyKey: '',
    ...fields,
  };
}

function nameOf<Name extends MessageKind | DeliveryStatus>(
  numbers: Readonly<Record<Name, number>>,
  number: number,
): Name | undefined {
  return (Object.keys(numbers) as Name[]).find((name) => numbers[name] === number);
}
