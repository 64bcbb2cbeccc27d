/**
 * Invitations by link (XIP-82). The state that a link leads to lies, encrypted with the link's key, in a slot of the node, and is of use until the
 * group changes: as long as somebody who made one has the page open, it is renewed then.
 */
import { type Client, Group, type InviteSlots } from '@conclave/browser-sdk';
import { keepSealedValue, readSealedValue } from '../keep/vault.js';
import { type StringKey, t } from '../strings/index.js';
import { PageFault } from './notices.js';
import { myInboxId, nodeUrl, session } from './session.js';

/** Epochs by group id, whose state this browser has left. */
const LEFT = 'invite-epochs';
/** Held by the one tab that renews. */
const LOCK = 'conclave-invites';

const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

async function ask(slot: Uint8Array, request: RequestInit, refusal: StringKey): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${nodeUrl()}/invites/${hexOf(slot)}`, request);
  } catch {
    throw new PageFault(t('nodeGone'));
  }
  if (!response.ok) throw new PageFault(t(refusal, { status: response.status }));
  return response;
}

/** The node's slots: not trusted, what lies there is checked by who joins. */
export const inviteSlots: InviteSlots = {
  async put(slot, blob) {
    await ask(slot, { method: 'POST', body: new Blob([blob as Uint8Array<ArrayBuffer>]) }, 'inviteRefused');
  },
  async list(slot) {
    const answer = new Uint8Array(await (await ask(slot, { cache: 'no-store' }, 'inviteUnread')).arrayBuffer());
    const view = new DataView(answer.buffer);
    const blobs: Uint8Array[] = [];
    for (let at = 0; at + 4 <= answer.length; ) {
      const end = at + 4 + view.getUint32(at);
      blobs.push(answer.subarray(at + 4, end));
      at = end;
    }
    return blobs;
  },
};

/** The link that a secret is opened by: on the page of the node that has the slot. */
export const linkOf = (secret: string) => `${location.origin}/#/join/${secret}`;

let due = new Set<string>();
let isVouching = false;
let isRenewing = false;

/** A group has changed: what its link leads to is left anew, by one tab. */
export function renewInvite(client: Client, groupId: string): void {
  if (!isVouching) return;
  due.add(groupId);
  if (isRenewing) return;
  isRenewing = true;
  void renewDue(client).finally(() => {
    isRenewing = false;
  });
}

async function renewDue(client: Client): Promise<void> {
  while (due.size > 0) {
    const ids = due;
    due = new Set();
    for (const id of ids) {
      // Nobody waits for it: the next change, or the next time that the page is opened, tries again.
      if (session.value?.client === client) await renew(client, id).catch(() => undefined);
    }
  }
}

async function renew(client: Client, id: string): Promise<void> {
  const group = await client.conversations.getConversationById(id);
  if (!(group instanceof Group) || !group.superAdmins.includes(myInboxId.value)) return;
  if ((await group.currentInvite()) === undefined) return;
  const { epoch } = await group.debugInfo();
  const left = (await readSealedValue<ReadonlyMap<string, bigint>>(LEFT)) ?? new Map<string, bigint>();
  if (left.get(id) === epoch) return;
  await group.refreshInvite(inviteSlots);
  await keepSealedValue(LEFT, new Map(left).set(id, epoch));
}

/** From now on one of the browser's tabs renews, at first what changed while none was open. @returns ends it */
export function vouch(client: Client): () => void {
  const end = new AbortController();
  const begin = async () => {
    isVouching = true;
    for (const { id } of await client.conversations.listGroups()) renewInvite(client, id);
    // It may have ended while the groups were read: nobody would let go of the lock any more.
    if (!end.signal.aborted) await new Promise((resolve) => end.signal.addEventListener('abort', resolve));
  };
  navigator.locks?.request(LOCK, { signal: end.signal }, begin).catch(() => undefined);
  return () => {
    isVouching = false;
    due.clear();
    end.abort();
  };
}
