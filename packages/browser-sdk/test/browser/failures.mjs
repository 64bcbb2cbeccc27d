/** Workers that do not start, and workers that fail: what waits is told, and the next call finds another. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { BUNDLE } from './ground.mjs';
import { expectEqual, scenario } from './steps.mjs';
import { world } from './world.mjs';

const KEY = `0x${'7'.repeat(64)}`;
const WORKER_CODE = '**/worker-code.js';
const SQLITE = '**/sqlite-wasm.js';

/** An error that nobody catches there, as when a worker has no memory left. */
async function failIn(worker) {
  const ended = worker.waitForEvent('close');
  await worker.evaluate(() => {
    setTimeout(() => {
      throw new Error('uncaught');
    });
  });
  await ended;
}

/** Encrypts a file, which needs no client. */
const encrypt = () =>
  test.failure(async () => {
    const attachment = { filename: 'a.txt', mimeType: 'text/plain', content: new Uint8Array(3) };
    if ((await sdk.encryptAttachment(attachment)).payload.length === 0) throw new RangeError('empty');
  });

/** How a device looks that has memory for SQLite, but no more for libsodium. */
const NO_SODIUM = `const { instantiate } = WebAssembly;
  WebAssembly.instantiate = (module, ...more) =>
    WebAssembly.Module.exports(module).some(({ name }) => name === 'crypto_sign_detached')
      ? Promise.reject(new RangeError('Out of memory: Cannot allocate Wasm memory for new instance'))
      : instantiate.call(WebAssembly, module, ...more);`;

/** Both sides of a conversation, one of them of these options. */
async function talk(tab, given, others) {
  return tab.evaluate(
    async ([own, other]) => {
      const { inboxId } = await test.open('bob', other);
      await test.open('alice', own);
      const group = await test.clients.get('alice').conversations.createGroup([inboxId]);
      await group.sendText('there');
      await test.clients.get('bob').conversations.syncAll();
      await test.send('bob', group.id, 'and back');
      const texts = await test.history('alice', group.id, true);
      for (const name of ['alice', 'bob']) await test.close(name);
      return texts;
    },
    [given, others],
  );
}

export const run = async () => {
  await scenario(
    'Workers without libsodium',
    async () => {
      const ground = await world();
      return Object.assign(ground, { context: await ground.profile('alice') });
    },
    {
      async 'do the same in plain JavaScript'({ page, context, options }) {
        const tab = await page(context);
        await tab.route(WORKER_CODE, async (route) => {
          const text = await (await route.fetch()).text();
          const begin = "workerCode = '";
          const body = text.replace(
            begin,
            () => begin + NO_SODIUM.replace(/['\n]/g, (each) => (each === "'" ? "\\'" : ' ')),
          );
          await route.fulfill({ body, contentType: 'text/javascript' });
        });
        const loaded = [];
        tab.on('request', (request) => loaded.push(new URL(request.url()).pathname));
        expectEqual(await talk(tab, options(), options({ workerUrl: '/worker.js' })), ['there', 'and back']);
        if (!loaded.includes('/noble-code.js')) throw new Error('it ran on libsodium');
        await tab.close();
      },
      async 'do so as well where they are a file'({ page, context, options }) {
        const worker = readFileSync(join(BUNDLE, 'worker.js'), 'utf8');
        writeFileSync(join(BUNDLE, 'worker-without-sodium.js'), NO_SODIUM + worker);
        const tab = await page(context);
        const loaded = [];
        context.on('request', (request) => loaded.push(new URL(request.url()).pathname));
        const given = options({ workerUrl: '/worker-without-sodium.js' });
        expectEqual(await talk(tab, given, options()), ['there', 'and back']);
        if (!loaded.includes('/noble.js')) throw new Error('it ran on libsodium');
        if (loaded.includes('/noble-code.js')) throw new Error('what is not needed was loaded');
        await tab.close();
      },
    },
  );
  await scenario(
    'Workers that fail',
    async () => {
      const ground = await world();
      ground.expectFaults();
      return Object.assign(ground, { profile: await ground.profile('alice') });
    },
    {
      async 'keep nobody waiting who needs no client'({ page, profile }) {
        const tab = await page(profile);
        await tab.route(WORKER_CODE, (route) => route.abort());
        expectEqual((await tab.evaluate(encrypt)).name, 'TypeError', 'without the worker’s code');
        await tab.unroute(WORKER_CODE);
        expectEqual(await tab.evaluate(encrypt), 'nothing was thrown', 'with it');
        await failIn(tab.workers()[0]);
        expectEqual(await tab.evaluate(encrypt), 'nothing was thrown', 'after a failure');
        await tab.close();
      },
      async 'keep no tab waiting that could not take over'({ page, profile, options }) {
        const [first, second] = [await page(profile), await page(profile)];
        for (const tab of [first, second])
          await tab.evaluate(([all, key]) => test.open('alice', all, key), [options(), KEY]);
        await second.evaluate(() => test.listen('alice'));
        // It has the worker's code from when it looked for one.
        await second.route(SQLITE, (route) => route.abort());
        await first.close();
        await second.waitForFunction(() => test.events('alice').includes('fail'));
        const refused = await second.evaluate(() =>
          test.failure(() => test.clients.get('alice').conversations.createGroup([])),
        );
        expectEqual(refused.name, 'TypeError', 'without SQLite');
        await second.unroute(SQLITE);
        await second.evaluate(async () => {
          const group = await test.clients.get('alice').conversations.createGroup([]);
          await group.sendText('here again');
        });
        expectEqual(await second.evaluate(() => test.texts('alice', 1)), ['here again']);
        await second.close();
      },
      async 'leave nothing in the way of the next attempt'({ page, profile, options, pauseNode, resumeNode }) {
        const tab = await page(profile);
        const attempt = (given) =>
          tab.evaluate(async ([all, key]) => {
            globalThis.anew ??= new sdk.Client(all, sdk.createEOASigner(key));
            return test.failure(async () => anew.init(await anew.signer.getIdentifier()));
          }, given);
        const given = [options({ dbPath: 'anew' }), KEY.replaceAll('7', '8')];
        await tab.route(WORKER_CODE, (route) => route.abort());
        expectEqual((await attempt(given)).name, 'TypeError', 'without the worker’s code');
        await tab.unroute(WORKER_CODE);
        await pauseNode();
        expectEqual((await attempt(given)).code, 'client/network-unreachable', 'without the node');
        await resumeNode();
        expectEqual(await attempt(given), 'nothing was thrown', 'with both');
        expectEqual(await tab.evaluate(() => anew.isReady), true);
        await tab.evaluate(() => anew.close());
        await tab.close();
      },
      async 'are let go of at once while the node does not answer, and nothing is in the way afterwards'(given) {
        const { page, profile, options } = given;
        const silent = createServer(() => {});
        await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
        const tab = await page(profile);
        const asked = new Promise((resolve) => silent.once('request', resolve));
        const waiting = { dbPath: 'waiting', apiUrl: `http://127.0.0.1:${silent.address().port}` };
        await tab.evaluate(
          ([all, key]) => {
            globalThis.waiting = new sdk.Client(all, sdk.createEOASigner(key));
            waiting.signer.getIdentifier().then((identifier) => waiting.init(identifier).catch(() => {}));
          },
          [options(waiting), KEY],
        );
        await asked;
        await tab.evaluate(() => waiting.close());
        const outcome = await tab.evaluate(
          ([all, key]) => test.failure(() => test.open('alice', all, key)),
          [options({ dbPath: 'waiting' }), KEY],
        );
        expectEqual(outcome, 'nothing was thrown');
        await tab.evaluate(() => test.close('alice'));
        await tab.close();
        silent.closeAllConnections();
        silent.close();
      },
      async 'that die as soon as they have started are not replaced for ever'({ page, profile, options }) {
        const dying = `const post = self.postMessage.bind(self);
          self.postMessage = (message, ...more) => {
            post(message, ...more);
            if (message.kind === 'started') setTimeout(() => { throw new Error('uncaught'); });
          };`;
        writeFileSync(join(BUNDLE, 'worker-that-dies.js'), dying + readFileSync(join(BUNDLE, 'worker.js'), 'utf8'));
        const tab = await page(profile);
        let started = 0;
        tab.on('worker', () => started++);
        const given = options({ dbPath: 'dying', workerUrl: '/worker-that-dies.js' });
        const refused = await tab.evaluate(
          ([all, key]) => test.failure(() => test.open('dora', all, key)),
          [given, KEY],
        );
        expectEqual([refused.code, refused.retryable], ['browser/worker-failed', true]);
        if (started > 4) throw new Error(`${started} workers were started`);
        await tab.close();
      },
      async 'take with them what was in memory only, and say so'({ page, profile, options }) {
        const tab = await page(profile);
        await tab.evaluate((all) => test.open('alice', all), options({ dbPath: null }));
        await tab.evaluate(() => test.listen('alice'));
        await failIn(tab.workers()[0]);
        const refused = await tab.evaluate(() => test.failure(() => test.clients.get('alice').isRegistered()));
        expectEqual([refused.code, refused.retryable], ['browser/memory-lost', false]);
        expectEqual(await tab.evaluate(() => test.events('alice')), ['error browser/memory-lost', 'end']);
        await tab.evaluate(() => test.close('alice'));
      },
    },
  );
};
