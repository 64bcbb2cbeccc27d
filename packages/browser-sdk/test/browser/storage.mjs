/** Where databases lie: files, IndexedDB, memory; encrypted; wrong keys, no room, no permission. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUNDLE, openBrowser, serveFolder, temporaryFolder } from './ground.mjs';
import { expectEqual, scenario } from './steps.mjs';
import { world } from './world.mjs';

const KEY = `0x${'6'.repeat(64)}`;
/** An inbox has ten installations at most. */
const OTHER_KEY = `0x${'7'.repeat(64)}`;
const SENTENCE = 'a sentence that nobody else should find';

function* filesBelow(folder) {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

/** A worker that runs `before` first: how a browser without this or that looks. */
function serveWorker(name, before) {
  const worker = readFileSync(join(BUNDLE, 'worker.js'), 'utf8');
  writeFileSync(join(BUNDLE, name), `${before}\n${worker}`);
}

/** How a browser looks that lets a site keep files, but nothing in IndexedDB; on a page until `allowIndexedDb` is called. */
const NO_INDEXEDDB = `const { open } = IDBFactory.prototype;
  IDBFactory.prototype.open = () => { throw new DOMException('The operation is insecure.', 'SecurityError'); };
  self.allowIndexedDb = () => { IDBFactory.prototype.open = open; };`;

async function writeAndReopen(page, options, key = KEY) {
  return page.evaluate(
    async ([given, privateKey, sentence]) => {
      const { storage } = await test.open('alice', given, privateKey);
      const group = await test.clients.get('alice').conversations.createGroup([]);
      await group.sendText(sentence);
      const { installationId } = test.clients.get('alice');
      await test.close('alice');
      const again = await test.open('alice', given, privateKey);
      const texts = await test.history('alice', group.id);
      await test.close('alice');
      return { storage, same: again.installationId === installationId, texts };
    },
    [options, key, SENTENCE],
  );
}

export const run = async () => {
  await scenario('A database', world, {
    async 'in files is kept, encrypted'({ page, profile, options, folder }) {
      const context = await profile('files');
      const tab = await page(context);
      const found = await writeAndReopen(tab, options());
      expectEqual(found, { storage: 'opfs', same: true, texts: [SENTENCE] });
      await context.close();
      let bytes = 0;
      for (const path of filesBelow(join(folder.path, 'files'))) {
        const content = readFileSync(path);
        bytes += content.length;
        if (content.includes(SENTENCE)) throw new Error(`${path} holds the message in clear`);
      }
      if (bytes < 100_000) throw new Error('the profile holds no database');
    },
    async 'in IndexedDB, where there are no files, is kept as well'({ page, profile, options, folder }) {
      serveWorker('worker-without-files.js', 'delete FileSystemFileHandle.prototype.createSyncAccessHandle;');
      const context = await profile('blocks');
      const tab = await page(context);
      const found = await writeAndReopen(tab, options({ workerUrl: '/worker-without-files.js' }));
      expectEqual(found, { storage: 'indexeddb', same: true, texts: [SENTENCE] });
      await context.close();
      for (const path of filesBelow(join(folder.path, 'blocks'))) {
        if (readFileSync(path).includes(SENTENCE)) throw new Error(`${path} holds the message in clear`);
      }
    },
    async 'in memory, where there is nothing else, works until it is closed'({ apart, options }) {
      serveWorker(
        'worker-without-anything.js',
        "delete FileSystemFileHandle.prototype.createSyncAccessHandle; Object.defineProperty(self, 'indexedDB', { value: undefined });",
      );
      const tab = await apart();
      const found = await tab.evaluate(
        async ([given, key]) => {
          const { storage } = await test.open('alice', given, key);
          const group = await test.clients.get('alice').conversations.createGroup([]);
          await group.sendText('for now');
          const texts = await test.history('alice', group.id);
          await test.close('alice');
          return { storage, texts };
        },
        [options({ workerUrl: '/worker-without-anything.js', dbEncryptionKey: undefined }), KEY],
      );
      expectEqual(found, { storage: 'memory', texts: ['for now'] });
    },
    async 'in memory, where the key to a file could not be kept, and no file is made'({ apart, options }) {
      serveWorker('worker-without-keys.js', NO_INDEXEDDB);
      const tab = await apart();
      await tab.addScriptTag({ content: `{ ${NO_INDEXEDDB} }` });
      const found = await tab.evaluate(
        async ([given, key]) => {
          const { storage } = await test.open('alice', given, key);
          await test.close('alice');
          return { storage, files: await (await sdk.Opfs.create()).listFiles() };
        },
        [options({ workerUrl: '/worker-without-keys.js' }), OTHER_KEY],
      );
      expectEqual(found, { storage: 'memory', files: [] });
    },
    async 'is neither replaced nor touched while its key cannot be had'({ apart, options }) {
      const tab = await apart();
      const outcome = await tab.evaluate(
        async ([given, key, noIndexedDb]) => {
          const { installationId } = await test.open('alice', given, key);
          await test.close('alice');
          const blocked = { ...given, workerUrl: '/worker-without-keys.js' };
          document.head.append(Object.assign(document.createElement('script'), { text: noIndexedDb }));
          const { code, retryable } = await test.failure(() => test.open('alice', blocked, key));
          allowIndexedDb();
          const again = await test.open('alice', given, key);
          await test.close('alice');
          return { code, retryable, same: again.installationId === installationId };
        },
        [options(), OTHER_KEY, `{ ${NO_INDEXEDDB} }`],
      );
      expectEqual(outcome, { code: 'browser/key-unavailable', retryable: true, same: true });
    },
    async 'of which a crash has left empty files and no key is made anew'({ apart, options }) {
      const tab = await apart();
      const found = await tab.evaluate(
        async ([given, key]) => {
          let folder = await navigator.storage.getDirectory();
          for (const part of ['conclave', 'mine']) folder = await folder.getDirectoryHandle(part, { create: true });
          for (const name of ['client.db3', 'client.db3-wal']) await folder.getFileHandle(name, { create: true });
          const { storage, installationId } = await test.open('alice', given, key);
          await test.close('alice');
          const again = await test.open('alice', given, key);
          await test.close('alice');
          return { storage, same: again.installationId === installationId };
        },
        [options({ dbPath: 'mine' }), OTHER_KEY],
      );
      expectEqual(found, { storage: 'opfs', same: true });
    },
    async 'is opened although a worker that has just ended still holds its files'({ apart, options }) {
      const tab = await apart();
      const same = await tab.evaluate(
        async ([given, key]) => {
          const { installationId } = await test.open('alice', given, key);
          await test.close('alice');
          const hold = async () => {
            let folder = await navigator.storage.getDirectory();
            for (const part of ['conclave', 'mine']) folder = await folder.getDirectoryHandle(part);
            const handle = await (await folder.getFileHandle('client.db3')).createSyncAccessHandle();
            postMessage('held');
            setTimeout(() => handle.close(), 1000);
          };
          const worker = new Worker(URL.createObjectURL(new Blob([`(${hold})()`])));
          await new Promise((resolve) => {
            worker.onmessage = resolve;
          });
          const again = await test.open('alice', given, key);
          await test.close('alice');
          return again.installationId === installationId;
        },
        [options({ dbPath: 'mine' }), OTHER_KEY],
      );
      expectEqual(same, true, 'the same installation');
    },
    async 'without its key is told from a new one, and can be removed'({ apart, options }) {
      const tab = await apart();
      const outcome = await tab.evaluate(
        async ([given, key]) => {
          const { installationId } = await test.open('alice', given, key);
          const whileOpen = await test.failure(() => sdk.deleteDatabase('mine'));
          await test.close('alice');
          await new Promise((resolve, reject) => {
            const request = indexedDB.deleteDatabase('conclave');
            request.onsuccess = resolve;
            request.onerror = reject;
          });
          const { code, retryable } = await test.failure(() => test.open('alice', given, key));
          await sdk.deleteDatabase('mine');
          const anew = await test.open('alice', given, key);
          await test.close('alice');
          return { whileOpen: whileOpen.name, code, retryable, same: anew.installationId === installationId };
        },
        [options({ dbPath: 'mine' }), OTHER_KEY],
      );
      expectEqual(outcome, {
        whileOpen: 'OpfsInitializationError',
        code: 'browser/key-lost',
        retryable: false,
        same: false,
      });
    },
    async 'in IndexedDB can be removed as well'({ apart, options }) {
      const tab = await apart();
      const same = await tab.evaluate(
        async ([given, key]) => {
          const { installationId, storage } = await test.open('alice', given, key);
          await test.close('alice');
          await sdk.deleteDatabase('mine');
          const anew = await test.open('alice', given, key);
          await test.close('alice');
          return [storage, anew.installationId === installationId];
        },
        [options({ dbPath: 'mine', workerUrl: '/worker-without-files.js' }), OTHER_KEY],
      );
      expectEqual(same, ['indexeddb', false]);
    },
    async 'does not open with another key, and then with the right one'({ apart, options }) {
      const tab = await apart();
      const outcome = await tab.evaluate(
        async ([given, key]) => {
          const withKey = (byte) => ({ ...given, dbEncryptionKey: new Uint8Array(32).fill(byte) });
          const { installationId } = await test.open('alice', withKey(1), key);
          await test.close('alice');
          const wrong = await test.failure(() => test.open('alice', withKey(2), key));
          const right = await test.open('alice', withKey(1), key);
          await test.close('alice');
          return { code: wrong.code, same: right.installationId === installationId };
        },
        [options(), KEY],
      );
      expectEqual(outcome, { code: 'sqlite/wrong-key', same: true });
    },
    async 'opens with the key that a passkey makes each time it is asked'({ apart, options }) {
      const tab = await apart();
      const session = await tab.context().newCDPSession(tab);
      await session.send('WebAuthn.enable');
      await session.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          ctap2Version: 'ctap2_1',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          hasPrf: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      });
      const outcome = await tab.evaluate(
        async ([given, privateKey]) => {
          const random = (length) => crypto.getRandomValues(new Uint8Array(length));
          const makePasskey = async (extensions) => {
            const { rawId } = await navigator.credentials.create({
              publicKey: {
                rp: { name: 'test' },
                user: { id: random(16), name: 'test', displayName: 'test' },
                challenge: random(32),
                pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
                authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
                extensions,
              },
            });
            return new Uint8Array(rawId);
          };
          const credentialId = await makePasskey({ prf: {} });
          const keyOf = () => sdk.databaseKeyFromPasskey({ credentialId });
          const first = await test.open('alice', { ...given, dbEncryptionKey: await keyOf() }, privateKey);
          await test.close('alice');
          const again = await test.open('alice', { ...given, dbEncryptionKey: await keyOf() }, privateKey);
          await test.close('alice');
          const other = await makePasskey({ prf: {} });
          const otherKey = await sdk.databaseKeyFromPasskey({ credentialId: other });
          const wrong = await test.failure(() =>
            test.open('alice', { ...given, dbEncryptionKey: otherKey }, privateKey),
          );
          return { length: otherKey.length, same: again.installationId === first.installationId, wrong: wrong.code };
        },
        [options(), KEY],
      );
      expectEqual(outcome, { length: 32, same: true, wrong: 'sqlite/wrong-key' });
    },
    async 'tells when there is no room, and loses nothing'({ apart, options, expectFaults }) {
      expectFaults();
      const tab = await apart();
      const session = await tab.context().newCDPSession(tab);
      const { origin } = new URL(tab.url());
      await tab.evaluate(([given, key]) => test.open('alice', given, key), [options(), KEY]);
      const groupId = await tab.evaluate(async () => {
        const group = await test.clients.get('alice').conversations.createGroup([]);
        await group.sendText('kept');
        return group.id;
      });
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
      const full = await tab.evaluate(async (id) => {
        const large = 'x'.repeat(500_000);
        for (let i = 0; i < 40; i++) {
          const failure = await test.failure(() => test.send('alice', id, `${large}${i}`, { optimistic: true }));
          if (failure !== 'nothing was thrown') return { code: failure.code, retryable: failure.retryable };
        }
        return 'there was room';
      }, groupId);
      expectEqual(full, { code: 'sqlite/full', retryable: true });
      await session.send('Storage.overrideQuotaForOrigin', { origin });
      const texts = await tab.evaluate(async (id) => {
        await test.send('alice', id, 'room again');
        return (await test.history('alice', id)).filter((text) => text.length < 100);
      }, groupId);
      expectEqual(texts, ['kept', 'room again']);
    },
    async 'can be listed, copied out and in, and deleted'({ apart, options }) {
      const tab = await apart();
      const outcome = await tab.evaluate(
        async ([given, key]) => {
          const { installationId } = await test.open('alice', given, key);
          const opfs = await sdk.Opfs.create();
          const whileOpen = await test.failure(() => opfs.deleteFile('mine'));
          await test.close('alice');
          const files = await opfs.listFiles();
          const copy = await opfs.exportDb('mine');
          const deleted = await opfs.deleteFile('mine');
          const left = await opfs.fileCount();
          await opfs.importDb('mine', copy);
          const again = await test.open('alice', given, key);
          await test.close('alice');
          await opfs.clearAll();
          return {
            whileOpen: whileOpen.name,
            files,
            deleted,
            left,
            same: again.installationId === installationId,
            end: await opfs.fileCount(),
          };
        },
        [options({ dbPath: 'mine' }), KEY],
      );
      expectEqual(outcome, {
        whileOpen: 'OpfsInitializationError',
        files: ['mine'],
        deleted: true,
        left: 0,
        same: true,
        end: 0,
      });
    },
  });

  await scenario(
    'A private window',
    async () => {
      const ground = await world();
      const browser = await openBrowser();
      const { close } = ground;
      return Object.assign(ground, {
        context: await browser.newContext(),
        close: async () => {
          await browser.close();
          await close();
        },
      });
    },
    {
      async 'works, and keeps its database while it is open'({ page, context, options }) {
        const found = await writeAndReopen(await page(context), options());
        expectEqual([found.same, found.texts], [true, [SENTENCE]]);
      },
    },
  );

  await scenario(
    'A page with a strict Content-Security-Policy',
    async () => {
      const ground = await world();
      ground.expectFaults();
      const policy = (more) =>
        `default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; connect-src *; img-src data:${more}`;
      const strict = await serveFolder(BUNDLE, {
        headers: { 'content-security-policy': policy("; worker-src 'self'") },
      });
      const { close } = ground;
      return Object.assign(ground, {
        strict,
        context: await ground.profile('strict'),
        close: async () => {
          await strict.close();
          await close();
        },
      });
    },
    {
      async 'is told what to allow'({ page, context, strict, options }) {
        const tab = await page(context, strict.url);
        const failure = await tab.evaluate((given) => test.failure(() => test.open('alice', given)), options());
        expectEqual(failure.code, 'browser/worker-blocked');
      },
      async 'may serve the worker itself'({ page, context, strict, options }) {
        const found = await writeAndReopen(await page(context, strict.url), options({ workerUrl: '/worker.js' }));
        expectEqual([found.same, found.texts], [true, [SENTENCE]]);
      },
    },
  );

  await scenario(
    'A frame of another site',
    async () => Object.assign(await world(), { temporary: temporaryFolder() }),
    {
      async 'that is denied storage works in memory'({ page, profile, options, site, temporary, faults }) {
        // `127.0.0.1` and `localhost` are different sites: the frame's storage is partitioned.
        const outer = await serveFolder(temporary.path);
        writeFileSync(
          join(temporary.path, 'index.html'),
          `<!doctype html><link rel="icon" href="data:,"><script>globalThis.isReady = true</script><iframe src="${site.url}"></iframe>`,
        );
        try {
          const tab = await page(await profile('frame'), outer.url.replace('localhost', '127.0.0.1'));
          const frame = tab.frames().find((each) => each.url() === site.url);
          await frame.waitForFunction(() => globalThis.isReady === true);
          const { installHelpers } = await import('./in-page.mjs');
          await frame.evaluate(installHelpers);
          const found = await frame.evaluate(async (given) => {
            const { storage } = await test.open('alice', given);
            const group = await test.clients.get('alice').conversations.createGroup([]);
            await group.sendText('from a frame');
            return { storage, texts: await test.history('alice', group.id) };
          }, options());
          expectEqual(found, { storage: 'memory', texts: ['from a frame'] });
        } finally {
          await outer.close();
          temporary.remove();
        }
        expectEqual(faults, []);
      },
    },
  );
};
