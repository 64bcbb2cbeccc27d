/**
 * What a log proves: its signatures, those of contract wallets asked of who knows, and the state that its updates come to. The node is not
 * trusted in any of it but for contract wallets of chains that the host gave no endpoint of (`nodeVouched`).
 */
import type { CryptoProvider } from '@conclave/crypto';
import {
  applyUpdates,
  contractWalletQueries,
  encodeAssociationState,
  encodeIdentityUpdate,
  IdentityError,
  type InboxSnapshot,
  identityUpdateFromProto,
  type SignatureCache,
  signaturesOfUpdate,
  type VerifiedIdentityUpdate,
  verifyAhead,
  verifyUpdate,
} from '@conclave/identity';
import type { InboxUpdateRow } from '../store/inbox-updates.js';
import { asLogError, type LogEntry, MAX_ACTIONS_PER_FETCH, readable, type SignedUpdate } from './answered-log.js';
import {
  askContractWallets,
  ContractWalletAnswers,
  type ContractWalletSources,
  type VouchedAnswer,
} from './contract-wallets.js';
import type { VerifiedLog } from './verified-logs.js';
import { encodeVerifiedSignatures } from './verified-signatures.js';

/** Updates in one answer, or actions in one of them, from which on they are verified together. */
const MANY_UPDATES = 20;

/** What verifying takes. */
export interface LogVerification extends ContractWalletSources {
  readonly crypto: CryptoProvider;
  readonly signatureCache: SignatureCache;
}

/** An entry whose signatures are valid. */
interface VerifiedEntry {
  readonly signed: SignedUpdate;
  readonly update: VerifiedIdentityUpdate;
  readonly nodeVouched: boolean;
}

/** Entries whose signatures were found valid ahead. */
export type VerifiedEntries = ReadonlyMap<LogEntry, VerifiedEntry>;

const NOTHING_VERIFIED: VerifiedEntries = new Map();

/**
 * Verifies the signatures of many entries together, on threads where there are; of few it does nothing. What is not found valid here is judged
 * by `verifyLog`.
 */
export async function verifyEntriesAhead(
  { crypto, signatureCache }: LogVerification,
  entries: readonly LogEntry[],
): Promise<VerifiedEntries> {
  const isLong = ({ update }: LogEntry): boolean => (update?.actions.length ?? 0) >= MANY_UPDATES;
  if (entries.length < MANY_UPDATES && !entries.some(isLong)) return NOTHING_VERIFIED;
  let left = MAX_ACTIONS_PER_FETCH;
  const readables = new Map<LogEntry, SignedUpdate>();
  for (const entry of entries) {
    // Also one that by itself is more: else its signatures would be checked one by one, and nothing else done meanwhile.
    const signed = left <= 0 ? undefined : readable(entry.update);
    left -= entry.update?.actions.length ?? 0;
    if (signed !== undefined) readables.set(entry, signed);
  }
  const verified = await verifyAhead({ crypto, cache: signatureCache }, [...readables.values()]);
  const found = new Map<LogEntry, VerifiedEntry>();
  for (const [entry, signed] of readables) {
    const update = verified.get(signed);
    if (update !== undefined) found.set(entry, { signed, update, nodeVouched: false });
  }
  return found;
}

/**
 * Verifies updates that follow a state, and applies them.
 * @param base - the newest that is stored; undefined for a log from its beginning
 * @param ahead - what `verifyEntriesAhead` found of them
 * @throws ClientError `client/identity-log-invalid` with the rule; those of `askContractWallets`; NetworkError
 * Cost: a public-key operation for each signature that is not in the cache.
 */
export async function verifyLog(
  verification: LogVerification,
  inboxId: string,
  base: InboxSnapshot | undefined,
  entries: readonly LogEntry[],
  ahead: VerifiedEntries,
  signal: AbortSignal | undefined,
): Promise<VerifiedLog> {
  const verified: VerifiedEntry[] = [];
  try {
    for (const entry of entries) verified.push(ahead.get(entry) ?? (await verifyEntry(verification, entry, signal)));
    const state = applyUpdates(
      base?.state,
      verified.map(({ update }) => update),
    );
    if (state.inboxId !== inboxId) throw new IdentityError('identity/wrong-inbox-id');
    const rows = verified.map((entry, i) => rowOf(entries[i] as LogEntry, entry));
    const { sequenceId } = entries.at(-1) as LogEntry;
    return { rows, newest: { sequenceId, state }, encodedState: encodeAssociationState(state) };
  } catch (error) {
    throw asLogError(inboxId, error);
  }
}

async function verifyEntry(
  verification: LogVerification,
  entry: LogEntry,
  signal: AbortSignal | undefined,
): Promise<VerifiedEntry> {
  const signed = identityUpdateFromProto(entry.update);
  const queries = contractWalletQueries(signed);
  const answers = new ContractWalletAnswers();
  const given = await askContractWallets(verification, queries, signal);
  for (const [index, query] of queries.entries()) answers.add(query, given[index] as VouchedAnswer);
  const { crypto, signatureCache } = verification;
  const update = verifyUpdate({ crypto, contractWallet: answers.lookup, cache: signatureCache }, signed);
  return { signed, update, nodeVouched: given.some(({ nodeVouched }) => nodeVouched) };
}

/** What is stored of an entry. */
function rowOf(entry: LogEntry, { signed, update, nodeVouched }: VerifiedEntry): InboxUpdateRow {
  return {
    sequenceId: entry.sequenceId,
    serverTimestampNs: entry.serverTimestampNs,
    payload: encodeIdentityUpdate(signed),
    verified: encodeVerifiedSignatures({ signatures: signaturesOfUpdate(update), nodeVouched }),
  };
}
