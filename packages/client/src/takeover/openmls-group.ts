/** One group as the deployed client has it, made one of ours. */
import { type SignaturePrivateKey, TlsReader } from '@conclave/crypto';
import { type CipherSuite, MlsGroup } from '@conclave/mls';
import { ClientError } from '../errors.js';
import { shortId } from '../host.js';
import { BincodeReader } from './bincode.js';
import type { GroupLabel, OpenMlsValues } from './key-value.js';
import { ratchetTree } from './openmls-nodes.js';
import { messageSecretsStore } from './openmls-secrets.js';

/** MlsGroupState: a commit of ours is under way; in use; we were removed. */
const STATES = ['pending-commit', 'operational', 'inactive'] as const;

/** A group that was read. */
export interface TakenGroup {
  readonly mls: MlsGroup;
  readonly isMember: boolean;
}

/**
 * Reads a group.
 * @throws ClientError `client/takeover-unfinished` when a commit of ours is under way, `client/takeover-unreadable` when something is missing;
 *   CryptoError, MlsError for what is not as expected
 */
export function takeGroup(
  values: OpenMlsValues,
  groupId: string,
  { suite, signatureKey }: { readonly suite: CipherSuite; readonly signatureKey: SignaturePrivateKey },
): TakenGroup {
  const found = (value: Uint8Array | undefined, structure: string): Uint8Array => {
    if (value !== undefined) return value;
    throw new ClientError('client/takeover-unreadable', { structure, group: shortId(groupId) });
  };
  const read = <T>(label: GroupLabel, decode: (reader: BincodeReader) => T): T =>
    BincodeReader.whole(found(values.group(label, groupId), label), decode);
  const state = STATES[new BincodeReader(found(values.group('GroupState', groupId), 'GroupState')).u32()];
  if (state === 'pending-commit') throw new ClientError('client/takeover-unfinished', { group: shortId(groupId) });
  const isMember = state === 'operational';
  const ownLeafIndex = read('OwnLeafNodeIndex', (reader) => reader.u32());
  const { past, current } = read('MessageSecrets', messageSecretsStore);
  const secrets = read('EpochSecrets', (reader) => ({
    initSecret: reader.bytes(),
    exporterSecret: reader.bytes(),
    epochAuthenticator: reader.bytes(),
    externalSecret: reader.bytes(),
    resumptionPsk: reader.bytes(),
    membershipKey: current.membershipKey,
  }));
  const keyPairs = (): Uint8Array =>
    found(values.keyPairs(groupId, epochOf(current.context), ownLeafIndex), 'EpochKeyPairs');
  const mls = MlsGroup.import({
    ...{ suite, signatureKey, ownLeafIndex, isMember, current, past, secrets },
    ratchetTree: read('Tree', ratchetTree),
    privateKeys: isMember ? BincodeReader.whole(keyPairs(), (reader) => reader.list(privateKeyOfPair)) : [],
    confirmationTag: read('ConfirmationTag', (reader) => reader.bytes()),
  });
  return { mls, isMember };
}

/** EncryptionKeyPair: public, then private. */
function privateKeyOfPair(reader: BincodeReader): Uint8Array {
  reader.bytes();
  return reader.bytes();
}

/** The epoch of an encoded GroupContext. */
function epochOf(context: Uint8Array): bigint {
  const reader = new TlsReader(context);
  reader.u16();
  reader.u16();
  reader.opaque();
  return reader.u64();
}
