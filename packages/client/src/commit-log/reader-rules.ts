/**
 * Which lines of a commit log are believed. The node checks nothing: anybody can write to any log, members hold the
 * signing key, and two writers tell of the same commit. What is left after these rules is one chain of epochs.
 */
import { equalBytes } from '@conclave/crypto';
import type { CommitLogEntry, PlaintextCommitLogEntry } from '@conclave/proto';
import { MAX_SQL_INTEGER } from '../store/columns.js';
import { COMMIT_RESULTS, type CommitLogResult, type RemoteCommitLogEntry } from '../store/commit-logs.js';

/** The rules by name, in the order in which they are judged (libxmtp 1.10.0; the last but one is ours). */
export const READER_RULES = {
  'signing-key': 'The entry is signed with the key of the conversation.',
  'own-group': 'The line tells of the group in whose log it stands.',
  'commit-named': 'The line names a commit: its sequence id is not 0 and fits 63 bits.',
  'newer-commit': 'The commit is newer than that of the last line that was believed.',
  'known-result': 'The result is one of those that the format has.',
  'previous-epoch': 'A commit that took effect began where the last believed line ended.',
  'next-epoch': 'A commit that took effect led to the epoch after that of the last believed line.',
  'same-epoch': 'A commit that was refused left the epoch and its authenticator as they were.',
  'authenticator-length': 'The epoch authenticator has 32 bytes; deployed clients do not look.',
  signature: 'The signature over the line is valid.',
} as const;

/** Name of a rule. */
export type ReaderRule = keyof typeof READER_RULES;

/** A line that was read, and what stands around it. */
export interface LineFacts {
  readonly entry: CommitLogEntry;
  readonly line: PlaintextCommitLogEntry;
  /** Id of the group whose log was asked for. */
  readonly groupId: Uint8Array;
  /** The key whose entries count. */
  readonly publicKey: Uint8Array;
  /** The last line that was believed. */
  readonly previous: RemoteCommitLogEntry | undefined;
  /** Checks the signature; called last, because it is what costs. */
  readonly isSigned: () => boolean;
}

/** The first rule that a line breaks; undefined when it is believed. */
export function brokenReaderRule({
  entry,
  line,
  groupId,
  publicKey,
  previous,
  isSigned,
}: LineFacts): ReaderRule | undefined {
  const authenticator = line.appliedEpochAuthenticator;
  if (entry.signature === undefined || !equalBytes(entry.signature.publicKey, publicKey)) return 'signing-key';
  if (!equalBytes(line.groupId, groupId)) return 'own-group';
  if (line.commitSequenceId === 0n || line.commitSequenceId > MAX_SQL_INTEGER) return 'commit-named';
  if (previous !== undefined && line.commitSequenceId <= previous.commitSequenceId) return 'newer-commit';
  const result = resultOf(line);
  if (result === undefined) return 'known-result';
  if (previous !== undefined) {
    const known = previous.appliedEpochAuthenticator;
    if (result === 'applied') {
      if (!equalBytes(line.lastEpochAuthenticator, known)) return 'previous-epoch';
      if (line.appliedEpochNumber !== previous.appliedEpoch + 1n) return 'next-epoch';
    } else if (!equalBytes(authenticator, known) || line.appliedEpochNumber !== previous.appliedEpoch) {
      return 'same-epoch';
    }
  }
  if (authenticator.length !== AUTHENTICATOR_LENGTH || line.appliedEpochNumber > MAX_SQL_INTEGER) {
    return 'authenticator-length';
  }
  return isSigned() ? undefined : 'signature';
}

/** Bytes of an epoch authenticator of the suite: the length of its hash (RFC 9420 section 8.7). */
const AUTHENTICATOR_LENGTH = 32;

/** What the line says the commit did; undefined for a number that the format does not have. */
export function resultOf(line: PlaintextCommitLogEntry): CommitLogResult | undefined {
  return COMMIT_RESULTS.names.find((name) => COMMIT_RESULTS.number(name) === line.commitResult);
}
