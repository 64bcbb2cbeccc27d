/** What the browser's files hold of drafts. */

/** Names of the sealed drafts, whether a value says `text`, and whether a name or a value of any kind tells the open conversation. */
export function keptDrafts(page, text) {
  return page.evaluate(async (text) => {
    const opened = indexedDB.open('conclave-page', 1);
    await new Promise((resolve) => opened.addEventListener('success', resolve));
    const store = opened.result.transaction('values').objectStore('values');
    const read = (request) =>
      new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)));
    const [keys, values] = await Promise.all([read(store.getAllKeys()), read(store.getAll())]);
    opened.result.close();
    // Bytes that say something would say it as text.
    const latin = (bytes) => Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('');
    const plain = (each) => (each instanceof Map || each instanceof Set ? [...each] : `${each}`);
    const all = JSON.stringify([keys, values, { ...localStorage }], (_, each) => {
      if (each instanceof ArrayBuffer || each instanceof Uint8Array) return latin(each);
      return each instanceof Map || each instanceof Set || typeof each === 'bigint' ? plain(each) : each;
    });
    const [, , conversation] = location.hash.split('/');
    return {
      names: keys.filter((key) => /^(begun|draft)\//.test(key)),
      isClear: all.includes(text),
      isNamed: all.includes(conversation),
    };
  }, text);
}

/** What is kept, once it is so many. */
export async function untilKept(page, count, text) {
  let kept = await keptDrafts(page, text);
  while (kept.names.length !== count) kept = await keptDrafts(page, text);
  return kept;
}

/** Keeps texts as the page did when the names of drafts were the ids of their conversations; of the open one without an id. */
export function keepAsBefore(page, drafts) {
  return page.evaluate(async (drafts) => {
    const done = (request) =>
      new Promise((resolve) => request.addEventListener('success', () => resolve(request.result)));
    const db = await done(indexedDB.open('conclave-page', 1));
    const values = () => db.transaction('values', 'readwrite').objectStore('values');
    const key = await done(values().get('vault-key'));
    const [, , open] = location.hash.split('/');
    for (const { id = open, text } of drafts) {
      const nonce = crypto.getRandomValues(new Uint8Array(12));
      const additionalData = new TextEncoder().encode(`conclave-page/draft/${id}`);
      const sealing = { name: 'AES-GCM', iv: nonce, additionalData };
      const ciphertext = await crypto.subtle.encrypt(sealing, key, new TextEncoder().encode(text));
      await done(values().put({ nonce, ciphertext }, `draft/${id}`));
    }
    db.close();
  }, drafts);
}
