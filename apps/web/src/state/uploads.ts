/** Files on their way: encrypted here, uploaded, and told to the others. One that fails stays at hand, to be tried again. */
import { type Conversation, encryptAttachment } from '@conclave/browser-sdk';
import { signal } from '@preact/signals';
import { t } from '../strings/index.js';
import { byteSize } from '../text/names.js';
import { PageFault, sentenceOf, tell } from './notices.js';
import { store } from './sending.js';
import { nodeUrl, session } from './session.js';

/** A file on its way. */
export interface Upload {
  readonly id: number;
  readonly conversation: Conversation;
  readonly file: File;
  /** 0 to 1; undefined while it is being encrypted. */
  readonly progress: number | undefined;
  /** It was not sent, and waits for the person. */
  readonly isFailed: boolean;
}

/** Files on their way. */
export const uploads = signal<readonly Upload[]>([]);
/** What one file may measure: what the node's file store takes. */
export const MAX_FILE_BYTES = 100 * 1024 * 1024;

let nextUpload = 1;

/** While files are on their way or wait for the person, the browser asks before the page is left: they are in its memory alone. */
export function askBeforeLoss(): void {
  addEventListener('beforeunload', (event) => {
    if (session.value !== undefined && uploads.value.length > 0) event.preventDefault();
  });
}

/** Encrypts a file, uploads the ciphertext and sends where it is and how to open it. */
export async function sendFile(conversation: Conversation, file: File): Promise<void> {
  if (file.size > MAX_FILE_BYTES) {
    tell(t('fileTooLarge', { limit: byteSize(MAX_FILE_BYTES) }), 'bad');
    return;
  }
  const upload: Upload = { id: nextUpload++, conversation, file, progress: undefined, isFailed: false };
  uploads.value = [...uploads.value, upload];
  await send(upload);
}

/** Tries a file again. */
export async function retryUpload(upload: Upload): Promise<void> {
  // A second click, before the first has changed the page.
  if (!uploads.value.find(({ id }) => id === upload.id)?.isFailed) return;
  note(upload.id, { progress: undefined, isFailed: false });
  await send(upload);
}

/** Forgets a file that was not sent. */
export function dropUpload(id: number): void {
  uploads.value = uploads.value.filter((each) => each.id !== id);
}

function note(id: number, change: Partial<Upload>): void {
  uploads.value = uploads.value.map((each) => (each.id === id ? { ...each, ...change } : each));
}

async function send({ id, conversation, file }: Upload): Promise<void> {
  let isSent = false;
  try {
    const content = new Uint8Array(await file.arrayBuffer());
    const mimeType = file.type || 'application/octet-stream';
    const { payload, ...keys } = await encryptAttachment({ filename: file.name, mimeType, content });
    const url = await put(payload, (progress) => note(id, { progress }));
    const where = { url, scheme: `${new URL(url).protocol}//`, contentLength: payload.length, filename: file.name };
    isSent = await store(conversation, () =>
      conversation.sendRemoteAttachment(
        { ...where, contentDigest: keys.contentDigest, salt: keys.salt, nonce: keys.nonce, secret: keys.secret },
        { optimistic: true },
      ),
    );
  } catch (error) {
    tell(sentenceOf(error), 'bad');
  }
  if (isSent) dropUpload(id);
  else note(id, { isFailed: true });
}

/** Uploads ciphertext to the node's file store. `fetch` tells no upload progress, XMLHttpRequest does. */
function put(payload: Uint8Array, note: (progress: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${nodeUrl()}/upload`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded, total }) => note(total === 0 ? 0 : loaded / total);
    request.onload = () => {
      if (request.status === 200) resolve(`${nodeUrl()}/files/${request.responseText.trim()}`);
      else reject(new PageFault(t('uploadRefused', { status: request.status })));
    };
    request.onerror = () => reject(new PageFault(t('unreachable')));
    request.send(new Blob([payload as Uint8Array<ArrayBuffer>]));
  });
}
