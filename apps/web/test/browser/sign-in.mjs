/** Wallets, passkeys and second devices. */
import { Client, createEOASigner } from '@conclave/node-sdk';
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { accept, begin, openWorld, pressInNotice, sees, signIn, write } from './world.mjs';

/** A wallet extension: announces itself by EIP-6963, answers by EIP-1193, signs with a real key outside the page. */
export async function installWallet(context, signer, { refuses = () => false, isContract = false } = {}) {
  const { identifier } = await signer.getIdentifier();
  await context.exposeFunction('walletSign', async (hex) => {
    if (refuses()) return undefined;
    const signature = await signer.signMessage(Buffer.from(hex.slice(2), 'hex').toString('utf8'));
    return `0x${Buffer.from(signature).toString('hex')}`;
  });
  await context.addInitScript(
    ([address, code]) => {
      const provider = {
        async request({ method, params }) {
          if (method === 'eth_requestAccounts') return [address];
          if (method === 'eth_chainId') return '0x7a69';
          if (method === 'eth_getCode') return code;
          if (method !== 'personal_sign') throw Object.assign(new Error('no such method'), { code: 4200 });
          const signature = await globalThis.walletSign(params[0]);
          if (signature === undefined) throw Object.assign(new Error('User rejected the request.'), { code: 4001 });
          return signature;
        },
      };
      const detail = Object.freeze({
        info: { uuid: '6b3c', name: 'Lighthouse', rdns: 'test.lighthouse', icon: 'data:image/svg+xml,<svg/>' },
        provider,
      });
      const announce = () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
      addEventListener('eip6963:requestProvider', announce);
      announce();
    },
    [identifier, isContract ? '0x6080604052' : '0x'],
  );
}

/** An authenticator inside the device, whose owner always confirms. */
async function installAuthenticator(context) {
  const page = context.pages()[0];
  const session = await context.newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

async function prepare() {
  const world = await openWorld();
  const signer = createEOASigner();
  const address = (await signer.getIdentifier()).identifier;
  let refusing = true;
  const refuses = () => refusing;
  const device = (name) => world.person(name, { prepare: (context) => installWallet(context, signer, { refuses }) });
  const crowded = createEOASigner();
  const ofCrowded = (name) => world.person(name, { prepare: (context) => installWallet(context, crowded) });
  return {
    tenth: await ofCrowded('tenth device'),
    eleventh: await ofCrowded('eleventh device'),
    others: {
      /** Puts the account of the two on so many devices. */
      async fill(count) {
        const options = { env: 'local', apiUrl: world.node.grpcUrl, dbPath: null, disableDeviceSync: true };
        for (let i = 0; i < count; i++) {
          const client = await Client.create(crowded, { ...options, onNotice: () => {} });
          await client.close();
        }
      },
    },
    first: await device('wallet'),
    second: await device('second device'),
    bob: await world.person('bob'),
    eve: await world.person('passkey'),
    contract: await world.person('contract', {
      prepare: (context) => installWallet(context, createEOASigner(), { isContract: true }),
    }),
    world,
    address,
    letSign() {
      refusing = false;
    },
    close: world.close,
  };
}

/** Names of what the page keeps in files and in its own store. Runs in the page. */
export async function storedNames() {
  const names = [];
  const top = await navigator.storage.getDirectory();
  for await (const [name, folder] of top.entries())
    if (folder.kind === 'directory') for await (const each of folder.keys()) names.push(`${name}/${each}`);
  const database = await new Promise((resolve) => {
    const request = indexedDB.open('conclave-page', 1);
    request.onsuccess = () => resolve(request.result);
  });
  const keys = await new Promise((resolve) => {
    const request = database.transaction('values').objectStore('values').getAllKeys();
    request.onsuccess = () => resolve(request.result);
  });
  return [...names, ...keys];
}

/** What of the page's own store is a key or sealed by one. Runs in the page. */
async function keptSecrets() {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open('conclave-page', 1);
    request.onsuccess = () => resolve(request.result);
  });
  const store = database.transaction('values').objectStore('values');
  const [names, values] = await Promise.all(
    [store.getAllKeys(), store.getAll()].map(
      (request) => new Promise((resolve) => request.addEventListener('success', () => resolve(request.result))),
    ),
  );
  const keys = values.filter((value) => value instanceof CryptoKey);
  const sealed = values.filter((_, at) => names[at].startsWith('secret/'));
  return {
    local: JSON.stringify({ ...localStorage }),
    keys: keys.map(({ extractable, usages }) => ({ extractable, usages: [...usages].sort() })),
    sealed: sealed.map((value) => ({ fields: Object.keys(value).sort(), length: value.ciphertext.byteLength })),
  };
}

/** Signs out on the page of settings. */
async function signOut({ page }) {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Continue with a passkey' }).waitFor();
}

const withWallet = ({ page }) => page.getByRole('button', { name: 'Continue with Lighthouse' }).click();

/** Runs it. */
export const run = () =>
  scenario('Signing in on the chat page', prepare, {
    async 'says so when the wallet refuses'({ first: { page } }) {
      await withWallet({ page });
      await page.getByText('The wallet did not sign. Nothing was changed.').waitFor();
      await page.getByRole('button', { name: 'Continue with Lighthouse' }).waitFor();
    },
    async 'lets the owner of a wallet in'({ first, address, letSign }) {
      letSign();
      await withWallet(first);
      await first.page.locator('.empty .copy-text').waitFor();
      expectEqual(await first.page.locator('.empty .copy-text').textContent(), address, 'address');
    },
    async 'says so when a contract wallet is on a network that the node does not know'({ contract: { page } }) {
      await withWallet({ page });
      await page.locator('.notice-bad', { hasText: 'switch it to a network' }).waitFor();
      await page.getByRole('button', { name: 'Continue with Lighthouse' }).waitFor();
    },
    async 'says so when the node is gone, and lets one in when it is back'({ world, contract: { page } }) {
      await world.stopNode();
      await page.getByRole('button', { name: 'Try it with a throw-away key' }).click();
      await page.locator('.notice-bad', { hasText: 'The node cannot be reached.' }).waitFor();
      await world.startNodeAgain();
      await signIn({ page });
    },
    async 'is the same person on a second device, where both see what either writes'({ first, second, bob }) {
      bob.address = await signIn(bob);
      await begin(first, [bob.address]);
      await write(first, 'from the first device');
      await accept(bob);
      await write(bob, 'to both devices');
      await sees(first, 'to both devices');
      await withWallet(second);
      await second.page.getByText('No conversations yet').waitFor();
      // A new device is in the group from the first message on that is written after others have noticed it.
      const isThere = () => second.page.locator('.line, .shelf-count').count();
      for (let i = 1; (await isThere()) === 0; i++) {
        await write(bob, `is there another device? ${i}`);
        await second.page
          .locator('.line, .shelf-count')
          .first()
          .waitFor({ timeout: 3000 })
          .catch(() => undefined);
      }
      if ((await second.page.locator('.line').count()) === 0)
        await second.page.getByRole('button', { name: /^Requests/ }).click();
      await second.page.locator('.line').first().click();
      await second.page.locator('.thread').waitFor();
      await write(bob, 'now that you are here');
      await Promise.all([sees(first, 'now that you are here'), sees(second, 'now that you are here')]);
      await write(first, 'from one to the other');
      await sees(second, 'from one to the other');
    },
    async 'lists both devices and takes the right away from one, after a reload too'({ first: { page }, second }) {
      await page.reload();
      await page.getByRole('button', { name: 'Settings' }).first().click();
      await page.locator('.device').nth(1).waitFor();
      await page.locator('.device').getByRole('button', { name: 'Revoke' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.waitForFunction(() => document.querySelectorAll('.device').length === 1);
      await second.page.close();
    },
    async 'signs out in all tabs, and lets the same wallet in again as a new device'({
      first,
      first: { page },
      address,
    }) {
      const tab = await first.tab();
      await tab.page.locator('.device').first().waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
      for (const each of [page, tab.page])
        await each.getByRole('button', { name: 'Continue with Lighthouse' }).waitFor();
      expectEqual(await tab.page.evaluate(storedNames), [], 'what the browser still holds');
      await tab.page.close();
      await withWallet(first);
      await page.locator('.empty .copy-text').waitFor();
      expectEqual(await page.locator('.empty .copy-text').textContent(), address, 'address');
    },
    async 'tells who is on nearly ten devices, and leads to their list'({ tenth, others: { fill } }) {
      await fill(9);
      const led = pressInNotice(tenth, 'nearly on as many devices', 'Devices');
      await withWallet(tenth);
      await led;
      await tenth.page.locator('.device').nth(9).waitFor();
    },
    async 'takes the place of the oldest on an eleventh, when the person says so'({ tenth, eleventh }) {
      const dialog = eleventh.page.getByRole('dialog');
      await withWallet(eleventh);
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await eleventh.page.locator('.notice-bad', { hasText: 'nothing was changed' }).waitFor();
      await withWallet(eleventh);
      await dialog.getByRole('button', { name: 'Revoke the oldest' }).click();
      await eleventh.page.locator('.empty .copy-text').waitFor();
      await tenth.page.close();
      await eleventh.page.getByRole('button', { name: 'Settings' }).first().click();
      await eleventh.page.locator('.device').nth(9).waitFor();
      expectEqual(await eleventh.page.locator('.device').count(), 10, 'devices');
    },
    async 'lets the owner of a passkey in, and again after a reload without a question'({ eve, bob }) {
      await installAuthenticator(eve.context);
      await eve.page.getByRole('button', { name: 'Continue with a passkey' }).click();
      await eve.page.locator('.empty .copy-text').waitFor();
      await begin(eve, [bob.address]);
      await write(eve, 'signed by a passkey');
      await accept(bob);
      await sees(bob, 'signed by a passkey');
      await eve.page.reload();
      await sees(eve, 'signed by a passkey');
    },
    async 'forgets everything at sign-out but which passkey it was, so that it is the same person again'({
      eve: { page },
    }) {
      await page.getByRole('button', { name: 'Settings' }).first().click();
      const inboxId = page.locator('.copy-line', { hasText: 'Inbox id' }).locator('.copy-text');
      const before = await inboxId.textContent();
      await signOut({ page });
      await page.getByRole('button', { name: 'Continue with a passkey' }).waitFor();
      expectEqual(await page.evaluate(storedNames), ['passkey'], 'what the browser still holds');
      await page.getByRole('button', { name: 'Continue with a passkey' }).click();
      await page.locator('.empty .copy-text').waitFor();
      await page.getByRole('button', { name: 'Settings' }).first().click();
      expectEqual(await inboxId.textContent(), before, 'inbox id');
    },
    async 'makes another passkey, and so another person, when asked to'({ eve: { page } }) {
      const inboxId = page.locator('.copy-line', { hasText: 'Inbox id' }).locator('.copy-text');
      const before = await inboxId.textContent();
      await signOut({ page });
      await page.getByRole('button', { name: 'Use another passkey' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Use another passkey' }).click();
      await page.locator('.empty .copy-text').waitFor();
      await page.getByRole('button', { name: 'Settings' }).first().click();
      expectEqual((await inboxId.textContent()) === before, false, 'the same inbox id');
    },
    async 'keeps the throw-away key sealed under a key that is not given out, and nothing of it in localStorage'({
      bob: { page },
    }) {
      const { local, keys, sealed } = await page.evaluate(keptSecrets);
      expectEqual(/[0-9a-f]{64}/i.test(local), false, 'keys in localStorage');
      // Who has begun a message has a key to the names of drafts as well.
      const [vaultKey, ...others] = keys;
      expectEqual(vaultKey, { extractable: false, usages: ['decrypt', 'encrypt'] }, 'the key of the vault');
      for (const each of others) expectEqual(each, { extractable: false, usages: ['sign'] }, 'the key to the names');
      // 32 bytes and the tag of AES-GCM: the key itself would be 32.
      expectEqual(sealed, [{ fields: ['ciphertext', 'nonce'], length: 48 }], 'what is sealed');
    },
    async 'asks its own node, whatever a link says'({ eve: { page }, world }) {
      await signOut({ page });
      await page.goto(`${world.node.url}?node=http://127.0.0.1:9`);
      await signIn({ page });
    },
  });
