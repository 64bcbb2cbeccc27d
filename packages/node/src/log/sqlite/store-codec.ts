/**
 * What crosses the thread between the node and its database: batches of calls and their outcomes, serialised by V8 into
 * one buffer that is transferred, not copied. Plain structured cloning would copy the whole receive buffer that each
 * small array is a view of. The messages of a page are nearly all of its bytes; they are not serialised but transferred beside it.
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

const NO_BYTES = new Uint8Array(0);

/** Outcomes on their way: packed alone, or with pages beside them. An object costs more to send than a commit's outcome. */
export type PackedOutcomes = Uint8Array<ArrayBuffer> | PagedOutcomes;

interface PagedOutcomes {
  /** Packed, without the messages of pages. */
  readonly outcomes: Uint8Array<ArrayBuffer>;
  /** The messages of each page, in the order of the outcomes, each in a buffer of its own. */
  readonly messages: readonly Uint8Array<ArrayBuffer>[];
}

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
    bytes += storedOf(outcome)?.bytes.length ?? 0;
    if (bytes < CROSSING_BYTES) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

/** The messages that an outcome has, if it is a page. */
function storedOf(outcome: StoreOutcome): PackedStored | undefined {
  return outcome.ok ? (outcome.value as { stored?: PackedStored } | undefined)?.stored : undefined;
}

/** Ready to be sent with the buffers of `transferOf`; the outcomes are of no use afterwards. */
export function packOutcomes(part: readonly StoreOutcome[]): PackedOutcomes {
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (const outcome of part) {
    const stored = storedOf(outcome);
    if (stored === undefined) continue;
    messages.push(stored.bytes);
    stored.bytes = NO_BYTES;
  }
  const outcomes = pack(part);
  return messages.length === 0 ? outcomes : { outcomes, messages };
}

/** The buffers that go over with it. */
export function transferOf(packed: PackedOutcomes): ArrayBuffer[] {
  if (packed instanceof Uint8Array) return [packed.buffer];
  return [packed.outcomes.buffer, ...packed.messages.map(({ buffer }) => buffer)];
}

/** The inverse of `packOutcomes`. */
export function unpackOutcomes(packed: PackedOutcomes): StoreOutcome[] {
  if (packed instanceof Uint8Array) return unpack<StoreOutcome[]>(packed);
  const { outcomes, messages } = packed;
  const part = unpack<StoreOutcome[]>(outcomes);
  let next = 0;
  for (const outcome of part) {
    const stored = storedOf(outcome);
    if (stored !== undefined) stored.bytes = messages[next++] as Uint8Array<ArrayBuffer>;
  }
  return part;
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
