/** The reinit proposal that ended a group (RFC 9420 section 11.2), kept in a row for whoever founds or joins the next. */
import { EMPTY_BYTES } from '@conclave/crypto';
import { decodeExactly, MlsError } from '../errors.js';
import { ROW_KIND, type RowJournal } from '../rows.js';
import { encodeProposal, type Proposal, readProposal } from './proposal.js';

/** What the group is to become. */
export type ReinitProposal = Extract<Proposal, { readonly type: 'reinit' }>;

/** Keeps the proposal of the commit that is merged. */
export function keepPendingReinit(rows: RowJournal, reinit: ReinitProposal): void {
  rows.put(ROW_KIND.reinit, EMPTY_BYTES, encodeProposal(reinit));
}

/** @throws MlsError `mls/corrupt-rows` when it is missing */
export function readPendingReinit(rows: RowJournal): ReinitProposal {
  const row = rows.get(ROW_KIND.reinit, EMPTY_BYTES);
  const proposal = row && decodeExactly('ReInit', row, (reader) => readProposal(reader), 'mls/corrupt-rows');
  if (proposal?.type !== 'reinit') throw new MlsError('mls/corrupt-rows', { structure: 'ReInit' });
  return proposal;
}
