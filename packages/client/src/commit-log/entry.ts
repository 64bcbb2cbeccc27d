/**
 * One line of the commit log as it stands at the node (libxmtp 1.10.0, `PlaintextCommitLogEntry`): what a commit did to
 * the state of the one who writes, signed with a key that the members of the conversation share. The signature is plain
 * Ed25519 over the encoded line.
 */
import { type CryptoProvider, fromHex, type SignaturePrivateKey } from '@conclave/crypto';
import {
  type CommitLogEntry,
  type CommitResult,
  create,
  decodeProto,
  type PlaintextCommitLogEntry,
  PlaintextCommitLogEntrySchema,
  ProtoError,
  type PublishCommitLogRequest,
  PublishCommitLogRequestSchema,
  toBinary,
} from '@conclave/proto';
import { COMMIT_RESULTS, type LocalCommitLogEntry } from '../store/commit-logs.js';

/** An entry of our own log, signed for publishing. */
export function signEntry(entry: LocalCommitLogEntry, key: SignaturePrivateKey): PublishCommitLogRequest {
  const groupId = fromHex(entry.groupId);
  const serializedCommitLogEntry = toBinary(
    PlaintextCommitLogEntrySchema,
    create(PlaintextCommitLogEntrySchema, {
      groupId,
      commitSequenceId: entry.commitSequenceId,
      lastEpochAuthenticator: entry.lastEpochAuthenticator,
      // The table's numbers are those of the enumeration.
      commitResult: COMMIT_RESULTS.number(entry.result) as CommitResult,
      appliedEpochNumber: entry.appliedEpoch,
      appliedEpochAuthenticator: entry.appliedEpochAuthenticator,
    }),
  );
  return create(PublishCommitLogRequestSchema, {
    groupId,
    serializedCommitLogEntry,
    signature: { bytes: key.sign(serializedCommitLogEntry), publicKey: key.publicKey },
  });
}

/** Whether the entry is signed with the key that it names. Cost: one signature verification. */
export function isSigned(crypto: CryptoProvider, { serializedCommitLogEntry, signature }: CommitLogEntry): boolean {
  if (signature === undefined) return false;
  return crypto.signaturePublicKey(signature.publicKey).verify(serializedCommitLogEntry, signature.bytes);
}

/** The line inside an entry, or undefined when it cannot be read. */
export function readLine(entry: CommitLogEntry): PlaintextCommitLogEntry | undefined {
  try {
    return decodeProto(PlaintextCommitLogEntrySchema, entry.serializedCommitLogEntry);
  } catch (error) {
    if (error instanceof ProtoError) return undefined;
    throw error;
  }
}
