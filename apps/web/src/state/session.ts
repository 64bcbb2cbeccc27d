/** Who is signed in, and the client that works for them. */
import { Client, deleteDatabase, type IdentifierKind, preload, type Signer, toSafeSigner } from '@conclave/browser-sdk';
import workerUrl from '@conclave/browser-sdk/worker.js?url';
import { computed, signal } from '@preact/signals';
import { forgetValues, keepAgain, keepValue, readValue } from '../keep/idb.js';
import { PASSKEY_NAME, passkeySigner } from '../sign-in/passkey.js';
import { throwAwaySigner } from '../sign-in/throw-away.js';
import { signerOfAccount } from '../sign-in/wallet.js';
import { t } from '../strings/index.js';
import { confirm } from '../ui/dialog.js';
import { go } from './navigation.js';
import { PageFault, tell } from './notices.js';

/** The kinds of key that a person can sign in with. */
export type SignInKind = 'wallet' | 'passkey' | 'throw-away';

/** Somebody who is signed in. */
export interface Session {
  readonly client: Client;
  readonly kind: SignInKind;
  readonly inboxId: string;
  /** An Ethereum address, or the hex of a passkey. */
  readonly identifier: string;
  /** Signs changes to the inbox; undefined for a wallet that has not been asked since the page was loaded. */
  readonly signer: Signer | undefined;
}

/** What is remembered of the last sign-in: no secret. */
interface Remembered {
  readonly kind: SignInKind;
  readonly identifier: string;
  readonly identifierKind: IdentifierKind;
}

const REMEMBERED = 'session';
/** What tabs tell each other: whose session has ended. */
const endings = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('conclave-session');

/** The session; undefined before sign-in. */
export const session = signal<Session | undefined>();
/** Whether it is not known yet that nobody is signed in here. */
export const isResuming = signal(true);
/** Whether a sign-in is under way. */
export const isOpening = signal(false);
/** Whether a sign-out is under way: nobody signs in before everything is gone. */
export const isLeaving = signal(false);
/** The inbox id of the one who is signed in, empty before. */
export const myInboxId = computed(() => session.value?.inboxId ?? '');

/**
 * Where the page finds its node: the origin that serves it. `?node=` names another only while one works on the page: a link must not lead
 * somebody's keys to a stranger's node.
 */
export function nodeUrl(): string {
  const named = import.meta.env.DEV ? new URLSearchParams(location.search).get('node') : null;
  return named ?? location.origin;
}

const databaseOf = (identifier: string) => `xmtp-local-${identifier}`;

/** What a person can do about what the client notes while it opens. */
const onNotice = (): void => {
  tell(t('manyDevices'), 'plain', { label: t('devices'), act: () => go({ view: 'settings' }) });
};

const optionsOf = (identifier: string) => ({
  env: 'local' as const,
  apiUrl: nodeUrl(),
  appVersion: 'conclave-web/0.1.0',
  dbPath: databaseOf(identifier),
  workerUrl,
  onNotice,
});

/** Loads what a client needs, while nobody is signed in. */
export function prepareClient(): void {
  preload({ workerUrl, privateKeys: true });
}

/** Signs in: opens this browser's installation, or registers one. One at a time. Throws what the signer or the client throw. */
export async function signIn(kind: SignInKind, signerOf: () => Promise<Signer>): Promise<void> {
  if (isOpening.value) return;
  isOpening.value = true;
  try {
    const signer = await signerOf();
    const { identifier, identifierKind } = await signer.getIdentifier();
    const client = await create(signer, identifier);
    await keepValue(REMEMBERED, { kind, identifier, identifierKind } satisfies Remembered);
    begin({ client, kind, inboxId: client.inboxId as string, identifier, signer });
  } finally {
    isOpening.value = false;
  }
}

/** What would be lost is removed when the person says so, never by itself: a database that nobody can read any more, the oldest of ten devices. */
async function create(signer: Signer, identifier: string): Promise<Client> {
  try {
    return await Client.create(signer, optionsOf(identifier));
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'client/too-many-installations') {
      if (!(await confirm(t('tooManyDevicesConfirm'), t('revokeOldest')))) throw new PageFault(t('tooManyDevices'));
      return Client.create(signer, { ...optionsOf(identifier), onInstallationLimit: 'revoke-oldest' });
    }
    if (code !== 'browser/key-lost' && code !== 'sqlite/wrong-key') throw error;
    if (!(await confirm(t('keyLostConfirm'), t('beginAnew')))) throw new PageFault(t('keyLost'));
    await deleteDatabase(databaseOf(identifier));
    return Client.create(signer, optionsOf(identifier));
  }
}

/** Goes on where this browser was, without asking anybody. @returns false when nobody was signed in here */
export async function resume(): Promise<boolean> {
  try {
    const remembered = await readValue<Remembered>(REMEMBERED);
    if (remembered === undefined) return false;
    const { kind, identifier, identifierKind } = remembered;
    const client = await Client.build({ identifier, identifierKind }, optionsOf(identifier));
    if (!(await client.isRegistered())) {
      await client.close();
      return false;
    }
    begin({ client, kind, inboxId: client.inboxId as string, identifier, signer: await quietSigner(kind) });
    return true;
  } finally {
    isResuming.value = false;
  }
}

/** A signer that can be had without a question to the person. */
async function quietSigner(kind: SignInKind): Promise<Signer | undefined> {
  if (kind === 'throw-away') return throwAwaySigner();
  return kind === 'passkey' ? passkeySigner() : undefined;
}

function begin(next: Session): void {
  session.value = next;
  // Asks the browser not to drop the database when space runs short; it may say no.
  navigator.storage?.persist?.().catch(() => false);
}

/** A change of the inbox that its owner must sign: the text, and the request that it belongs to. */
export interface ToSign {
  readonly signatureText: string | undefined;
  readonly signatureRequestId: string;
}

/**
 * Signs a change of the inbox with the key that the person signed in with, and publishes it. A wallet is asked again after a reload.
 * @throws what the signer throws; TypeError when there is no wallet with the account in this browser now
 */
export async function signChange(prepare: (client: Client) => Promise<ToSign>): Promise<void> {
  const current = session.value;
  if (current === undefined) return;
  const { client, identifier } = current;
  const { signatureText, signatureRequestId } = await prepare(client);
  if (signatureText === undefined) return;
  const signer = current.signer ?? (await signerOfAccount(identifier));
  // Who has signed out while the wallet asked stays so.
  if (session.value?.client !== client) return;
  session.value = { ...current, signer };
  const signature = await signer.signMessage(signatureText);
  await client.unsafe_applySignatureRequest(await toSafeSigner(signer, signature), signatureRequestId);
}

/**
 * Signs out, in all tabs, and removes this installation's keys and messages from the browser. Which passkey is its owner's stays: it is no
 * secret, and without it the account could not be had again.
 * @throws PageFault when another tab does not let go of them
 */
export async function signOut(): Promise<void> {
  const current = session.value;
  if (current === undefined) return;
  isLeaving.value = true;
  session.value = undefined;
  // Before the other tabs hear of it: they begin again with what is remembered.
  await forgetValues(PASSKEY_NAME);
  endings?.postMessage(current.identifier);
  await current.client.close();
  try {
    await deleteDatabase(databaseOf(current.identifier));
  } catch {
    isLeaving.value = false;
    keepAgain();
    throw new PageFault(t('signOutIncomplete'));
  }
  leave();
}

/** Ends the session of this tab when another has signed out. */
export function followEndings(): void {
  endings?.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const current = session.value;
    if (current?.identifier !== data) return;
    isLeaving.value = true;
    session.value = undefined;
    void current.client.close().finally(leave);
  });
}

/** What was read is not in the memory of the page any longer. */
function leave(): void {
  history.replaceState(null, '', location.pathname + location.search);
  location.reload();
}
