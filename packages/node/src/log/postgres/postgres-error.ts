/**
 * What a failure of a PostgreSQL statement means: whether it can have happened nevertheless, whether sending it again may
 * help, and as which error of ours it is reported.
 *
 * Source: PostgreSQL 15 manual, appendix A "Error Codes"; postgres.js for the codes of a connection.
 */
import postgres from 'postgres';
import { NodeError } from '../../errors.js';

/**
 * - `refused`: the server said no, and will again.
 * - `conflict`: the statement was rolled back for the sake of another one, or took too long. Sending it again may help.
 * - `unreachable`: the statement was not accepted: no connection, a server that starts or only reads.
 * - `lost`: the connection broke after the statement was sent. It may have happened.
 */
export type FailureKind = 'refused' | 'conflict' | 'unreachable' | 'lost';

/** By SQLSTATE, or by its first two characters. */
const SQLSTATES: Readonly<Record<string, FailureKind>> = {
  '40001': 'conflict', // serialization_failure, which distributed databases answer with as a matter of course
  '40P01': 'conflict', // deadlock_detected
  '55P03': 'conflict', // lock_not_available
  '57014': 'conflict', // query_canceled, which is what a statement timeout looks like
  '25006': 'unreachable', // read_only_sql_transaction: a standby that is not promoted yet
  '53300': 'unreachable', // too_many_connections
  '57P03': 'unreachable', // cannot_connect_now
  '40003': 'lost', // statement_completion_unknown
  '57': 'lost', // the server or an administrator ended the session
  '08': 'lost', // connection exception
};

const DISK_FULL = '53100';

/** Errors of the socket and of the driver that come before anything was sent. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'CONNECT_TIMEOUT',
]);

/** Mistakes of ours that the driver finds before it sends anything. */
const MISUSE = new Set(['UNDEFINED_VALUE', 'MAX_PARAMETERS_EXCEEDED', 'NOT_TAGGED_CALL', 'UNSAFE_TRANSACTION']);

/** Tells the kinds of failure apart. Undefined for what is neither an answer of the server nor of the connection: a bug. */
export function failureKind(error: unknown): FailureKind | undefined {
  const code = codeOf(error);
  if (error instanceof NodeError) return code === 'node/storage-unavailable' ? 'lost' : undefined;
  if (error instanceof postgres.PostgresError) return SQLSTATES[code] ?? SQLSTATES[code.slice(0, 2)] ?? 'refused';
  if (code === '' || MISUSE.has(code)) return undefined;
  return UNREACHABLE.has(code) ? 'unreachable' : 'lost';
}

/** SQLSTATE or system code; empty where there is none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** The error that callers of the log see. It never holds what a client sent, which the server's own text may quote. */
export function storageError(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  const code = codeOf(error);
  if (code === DISK_FULL) return new NodeError('node/disk-full');
  const kind = failureKind(error);
  if (kind === undefined) return new NodeError('node/internal', {}, error);
  if (kind === 'refused') return new NodeError('node/storage-failed', { sqlState: code });
  return new NodeError('node/storage-unavailable', { reason: code });
}

/** The SQLSTATE of a refused statement, seen by the driver's error or by ours; empty where there is none. */
export function sqlStateOf(error: unknown): string {
  if (error instanceof postgres.PostgresError) return error.code;
  const state = error instanceof NodeError ? error.details.sqlState : undefined;
  return typeof state === 'string' ? state : '';
}
