/**
 * What is known of a conversation when a welcome to it comes: who is in it and may do what, how far it had come, what the user thinks of it.
 * For the table `earlier_states`:
 *
 * ```
 * uint64 epoch; uint64 commit_cursor; uint8 consent
 * Extension extensions<V>      { uint16 type; opaque data<V> }
 * ```
 */
import { decodeTls, encodeTls } from '@conclave/crypto';
import { GroupPayloads } from '../app-data/group-payloads.js';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { CONSENT_STATES, type ConsentState, getConsentState } from '../store/consent.js';
import { getCursor } from '../store/cursors.js';
import { deleteEarlierState, getEarlierState, setEarlierState } from '../store/earlier-states.js';

/** A state of a conversation. */
export interface KnownState {
  readonly payloads: GroupPayloads;
  readonly epoch: bigint;
  /** Id of the last commit that was looked at. */
  readonly commitCursor: bigint;
  /** What the user thought of the conversation. */
  readonly consent: ConsentState;
}

/** The state that is stored; undefined where there is none. */
export function presentState(ctx: ClientContext, groupId: string): KnownState | undefined {
  const group = ctx.liveGroups.find(groupId);
  if (group === undefined) return undefined;
  return {
    payloads: group.payloads,
    epoch: group.mls.epoch,
    commitCursor: getCursor(ctx.db, groupId, 'commit'),
    consent: getConsentState(ctx.db, 'conversation', groupId),
  };
}

/** The state from before that is kept. @throws ClientError `client/database-damaged` */
export function earlierState(ctx: ClientContext, groupId: string): KnownState | undefined {
  const bytes = getEarlierState(ctx.db, groupId);
  if (bytes === undefined) return undefined;
  try {
    return decodeTls(bytes, (reader) => ({
      epoch: reader.u64(),
      commitCursor: reader.u64(),
      consent: CONSENT_STATES.name(reader.u8()),
      payloads: new GroupPayloads(reader.vector((item) => ({ type: item.u16(), data: item.opaque() }))),
    }));
  } catch (cause) {
    throw new ClientError('client/database-damaged', { table: 'earlier_states' }, cause);
  }
}

/** Keeps a state from before, or forgets the one that is kept. Runs inside a transaction. Cost: linear in its extensions. */
export function keepEarlierState(ctx: ClientContext, groupId: string, state: KnownState | undefined): void {
  if (state === undefined) {
    deleteEarlierState(ctx.db, groupId);
    return;
  }
  const bytes = encodeTls(state, (writer, { payloads, epoch, commitCursor, consent }) => {
    writer.u64(epoch).u64(commitCursor).u8(CONSENT_STATES.number(consent));
    writer.vector((list) => {
      for (const { type, data } of payloads.extensions) list.u16(type).opaque(data);
    });
  });
  setEarlierState(ctx.db, groupId, bytes);
}
