/**
 * What crosses the thread between the node and its database: batches of calls and their outcomes, serialised by V8 into
 * one buffer that is transferred, not copied. Plain structured cloning would copy the whole receive buffer that each
 * small array is a view of.
 */
import { deserialize, serialize } from 'node:v8';
import { ConclaveError, type ErrorDetails } from '@conclave/crypto';
import { SqliteError } from '@conclave/sqlite';
import { isNodeErrorCode, NodeError } from '../../errors.js';
import type { SqliteStore, StoreCall } from './sqlite-store.js';
import type { PackedStored } from './stored-codec.js';

/** A call on the store, as data. */
export interface StoreRequest {
  readonly method: StoreCall;
  readonly argument: unknown;
}

/** What came of it. */
export type StoreOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly details: ErrorDetails };

/** Bytes of messages that cross the thread together: memory for more of them is dear to come by, and who asked first waits for the last. */
const CROSSING_BYTES = 256 * 1024;

/**
 * Runs calls in order and gives each its outcome, in as many parts as their size asks for; one that fails does not stop the next. A part is
 * complete before the calls of the next one run.
 */
export function* runStoreRequests(store: SqliteStore, requests: readonly StoreRequest[]): Generator<StoreOutcome[]> {
  let part: StoreOutcome[] = [];
  let bytes = 0;
  for (const request of requests) {
    const outcome = outcomeOf(store, request);
    part.push(outcome);
    if (outcome.ok) bytes += (outcome.value as { stored?: PackedStored } | undefined)?.stored?.bytes.length ?? 0;
    if (bytes < CROSSING_BYTES) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

function outcomeOf(store: SqliteStore, { method, argument }: StoreRequest): StoreOutcome {
  try {
    return { ok: true, value: store[method](argument as never) };
  } catch (error) {
    const { code, details } = storageError(error);
    return { ok: false, code, details };
  }
}

/** The value of an outcome, or its error thrown. */
export function settleOutcome(outcome: StoreOutcome): unknown {
  if (outcome.ok) return outcome.value;
  throw new NodeError(isNodeErrorCode(outcome.code) ? outcome.code : 'node/storage-failed', outcome.details);
}

/** What a failure of the database means to the node. */
export function storageError(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  if (error instanceof SqliteError && error.code === 'sqlite/full') return new NodeError('node/disk-full', {}, error);
  const reason = error instanceof ConclaveError ? error.code : error instanceof Error ? error.message : String(error);
  return new NodeError('node/storage-failed', { reason }, error);
}

/** A value in a buffer of its own, ready to be transferred. */
export function pack(value: unknown): Uint8Array<ArrayBuffer> {
  const bytes = serialize(value);
  const owned = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return (owned ? bytes : Uint8Array.from(bytes)) as Uint8Array<ArrayBuffer>;
}

/** The inverse of `pack`; byte arrays in the result are views of the input. */
export function unpack<Value>(bytes: Uint8Array): Value {
  return deserialize(bytes) as Value;
}
