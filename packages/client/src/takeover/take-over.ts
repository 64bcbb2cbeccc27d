/**
 * The database of the deployed client (libxmtp 1.10.0) becomes ours, once: the same installation with its keys, groups in the epochs in which they
 * are, messages, decisions, and where reading stands. One transaction: either all of it, or the file is as it was. The host keeps a copy.
 *
 * Not taken over: logs of identities (asked for anew and verified), commit logs (begun anew), tasks, and the icebox.
 */
import { ConclaveError, type CryptoProvider, EMPTY_BYTES, toHex } from '@conclave/crypto';
import { identifierText } from '@conclave/identity';
import type { CipherSuite } from '@conclave/mls';
import type { Database } from '@conclave/sqlite';
import { ClientError } from '../errors.js';
import { loadOwnIdentity, type NewInstallation, type OwnIdentity } from '../identity/own-identity.js';
import { isSet, present } from '../store/columns.js';
import { insertLocalCommitLog } from '../store/commit-logs.js';
import { CONVERSATION_KINDS, insertConversation, MEMBERSHIP_STATES } from '../store/conversations.js';
import { insertInstallation } from '../store/installation.js';
import { openStore } from '../store/migrate.js';
import { writeMlsRows } from '../store/mls-rows.js';
import { BincodeReader } from './bincode.js';
import { dropDeployedTables, renameDeployedTables } from './deployed-tables.js';
import { requireSettled, takeUnsent } from './intents.js';
import { takeKeyPackages } from './key-packages.js';
import { OpenMlsValues } from './key-value.js';
import { takeGroup } from './openmls-group.js';
import { takeCursors, takeDecisions, takeMessages } from './rows.js';

/** What taking over needs. */
export interface TakeOverParams {
  readonly db: Database;
  readonly crypto: CryptoProvider;
  readonly suite: CipherSuite;
  /** Whose database it is to be; its inbox is compared with the one in the file by the caller. */
  readonly owner: NewInstallation;
}

/** `takeOver`, for those who let a client have it. */
export type TakeOver = (params: TakeOverParams) => void;

/**
 * Takes a database over.
 * @throws ClientError `client/takeover-unfinished` when changes are under way that only the deployed client can finish,
 *   `client/takeover-unreadable` when something is not as libxmtp 1.10.0 writes it; then nothing has changed
 * Cost: linear in the messages and in the sizes of the groups.
 */
export function takeOver({ db, crypto, suite, owner }: TakeOverParams): void {
  try {
    db.transaction(() => {
      // Tables refer to each other; at the end none of them is left.
      db.pragma('defer_foreign_keys = ON');
      requireSettled(db);
      renameDeployedTables(db);
      openStore(db);
      takeInstallation(db, owner);
      const identity = loadOwnIdentity(db, crypto);
      if (identity === undefined) throw new ClientError('client/takeover-unreadable', { structure: 'identity' });
      const values = new OpenMlsValues(db);
      takeKeyPackages(db, values, suite, owner.nowNs);
      for (const group of listGroups(db)) takeConversation(db, values, group, suite, identity);
      takeMessages(db);
      takeUnsent(db, owner.nowNs);
      takeDecisions(db);
      takeCursors(db);
      dropDeployedTables(db);
    });
  } catch (error) {
    if (!(error instanceof ConclaveError) || error instanceof ClientError || error.code.startsWith('sqlite/'))
      throw error;
    throw new ClientError('client/takeover-unreadable', { reason: error.code }, error);
  }
}

/** SignatureKeyPair: private, public, scheme. */
function takeInstallation(db: Database, owner: NewInstallation): void {
  const row = db
    .prepare<{ installation_keys: Uint8Array; next_key_package_rotation_ns: bigint | null }>(
      'SELECT installation_keys, next_key_package_rotation_ns FROM identity',
      { bigints: true },
    )
    .get();
  if (row === undefined) throw new ClientError('client/takeover-unreadable', { structure: 'identity' });
  insertInstallation(db, {
    inboxId: owner.inboxId,
    identifierKind: owner.identifier.kind,
    identifier: identifierText(owner.identifier),
    nonce: owner.nonce,
    signatureSeed: new BincodeReader(row.installation_keys).bytes(),
    createdAtNs: owner.nowNs,
    registeredAtNs: owner.nowNs,
    keyPackageDueNs: row.next_key_package_rotation_ns ?? owner.nowNs,
  });
}

/** A row of table `groups`. */
interface GroupRow {
  readonly id: Uint8Array;
  readonly created_at_ns: bigint;
  readonly membership_state: bigint;
  readonly installations_last_checked: bigint;
  readonly added_by_inbox_id: string;
  readonly sequence_id: bigint | null;
  readonly rotated_at_ns: bigint;
  readonly conversation_type: bigint;
  readonly dm_id: string | null;
  readonly last_message_ns: bigint | null;
  readonly message_disappear_from_ns: bigint | null;
  readonly message_disappear_in_ns: bigint | null;
  readonly paused_for_version: string | null;
  readonly maybe_forked: bigint;
  readonly fork_details: string;
  readonly should_publish_commit_log: bigint;
  readonly commit_log_public_key: Uint8Array | null;
  readonly is_commit_log_forked: bigint | null;
  readonly has_pending_leave_request: bigint | null;
}

function listGroups(db: Database): GroupRow[] {
  return db.prepare<GroupRow>('SELECT * FROM "groups"', { bigints: true }).all();
}

function takeConversation(
  db: Database,
  values: OpenMlsValues,
  row: GroupRow,
  suite: CipherSuite,
  identity: OwnIdentity,
): void {
  const id = toHex(row.id);
  const kind = CONVERSATION_KINDS.name(row.conversation_type);
  const membershipState = MEMBERSHIP_STATES.name(row.membership_state);
  // Messages that carry keys, in groups of their own; and what came from an archive and never had any.
  if (kind === 'oneshot' || (membershipState === 'restored' && values.group('Tree', id) === undefined)) return;
  const { mls, isMember } = takeGroup(values, id, { suite, signatureKey: identity.signatureKey });
  insertConversation(db, {
    ...{ id, kind, membershipState, active: isMember },
    createdAtNs: row.created_at_ns,
    addedByInboxId: row.added_by_inbox_id,
    dmId: present(row.dm_id),
    welcomeSequenceId: present(row.sequence_id),
    lastMessageNs: present(row.last_message_ns),
    rotatedAtNs: row.rotated_at_ns,
    membersCheckedAtNs: row.installations_last_checked,
    disappearFromNs: present(row.message_disappear_from_ns),
    disappearInNs: present(row.message_disappear_in_ns),
    pausedForVersion: present(row.paused_for_version),
    maybeForked: isSet(row.maybe_forked),
    forkDetails: row.fork_details,
    publishCommitLog: isSet(row.should_publish_commit_log),
    commitLogPublicKey: present(row.commit_log_public_key),
    commitLogForked: row.is_commit_log_forked === null ? undefined : isSet(row.is_commit_log_forked),
    pendingLeave: isSet(row.has_pending_leave_request ?? 0n),
  });
  writeMlsRows(db, id, mls.takeRows());
  if (!isMember) return;
  // A line that is compared and never published: the commit that led to it is not known here.
  insertLocalCommitLog(db, {
    groupId: id,
    commitSequenceId: lastCommitOf(db, row.id),
    lastEpochAuthenticator: EMPTY_BYTES,
    result: 'applied',
    appliedEpoch: mls.epoch,
    appliedEpochAuthenticator: mls.epochAuthenticator,
    senderInboxId: row.added_by_inbox_id,
    senderInstallationId: identity.installationId,
    commitKind: 'welcome',
  });
}

function lastCommitOf(db: Database, groupId: Uint8Array): bigint {
  const row = db
    .prepare<{ id: bigint | null }>(
      'SELECT max(commit_sequence_id) AS id FROM deployed_local_commit_log WHERE group_id = ? AND commit_result = 1',
      { bigints: true },
    )
    .get(groupId);
  return row?.id ?? 0n;
}
