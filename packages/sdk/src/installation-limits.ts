/**
 * An inbox has ten installations at a time and 256 updates in its life (XIP-46): who comes near hears of it while there is still something to be done.
 */
import type { Client } from '@conclave/client';
import { ConclaveError, fromHex } from '@conclave/crypto';
import { MAX_INSTALLATIONS_PER_INBOX, MAX_UPDATES_PER_INBOX } from '@conclave/identity';

/** What `create` and `register` do when the inbox has all its installations. */
export type OnInstallationLimit = 'fail' | 'revoke-oldest';

const NOTED_INSTALLATIONS = 7;
const NOTED_UPDATES = 200;

/** Sentences for the person who runs this; none as long as there is room. */
export function limitNotices(installations: number, updates: number): string[] {
  const notices: string[] = [];
  if (installations >= NOTED_INSTALLATIONS) {
    notices.push(
      `This inbox has ${installations} of ${MAX_INSTALLATIONS_PER_INBOX} installations. Keep the database of an installation and open it again in place of making a new one; revokeInstallations frees a place.`,
    );
  }
  if (updates >= NOTED_UPDATES) {
    notices.push(
      `This inbox has used ${updates} of the ${MAX_UPDATES_PER_INBOX} updates that it has in its life; each new installation, account and revocation takes one.`,
    );
  }
  return notices;
}

/** The sentences for the inbox of a client that has just registered, by its stored log. */
export async function limitNoticesOf({ inboxId, identity }: Client): Promise<string[]> {
  const updates = (await identity.updateCounts([inboxId], { refresh: false })).get(inboxId) ?? 0;
  const { installations } = identity.localInboxView(inboxId);
  return limitNotices(installations.length, updates);
}

/** The installations to revoke so that there is room for one more, the oldest; undefined when the error is another one. */
export function installationsInTheWay(error: unknown): Uint8Array[] | undefined {
  if (!(error instanceof ConclaveError) || error.code !== 'client/too-many-installations') return undefined;
  const oldest = String(error.details.oldest).split(' ').map(fromHex);
  return oldest.slice(0, oldest.length - MAX_INSTALLATIONS_PER_INBOX + 1);
}
