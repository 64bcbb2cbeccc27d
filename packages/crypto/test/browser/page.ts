/** What runs in the page: the compliance suite over the browser's back end, over a broken one, and timings. */
import { openBrowserCrypto } from '../../src/browser/index.js';
import { nobleCrypto } from '../../src/noble/index.js';
import { describeProvider } from '../../src/provider/compliance.testkit.js';
import type { CryptoProvider } from '../../src/provider/provider.js';
import { runCollected } from './collect.js';
import { measureProvider } from './timings.js';

/** A back end that believes every signature; the suite must notice. */
const GULLIBLE: CryptoProvider = {
  ...nobleCrypto,
  name: 'gullible',
  signaturePublicKey: (bytes) => ({ bytes, verify: () => true }),
};

/** Called from outside the page. */
const commands = {
  providerName: async () => (await openBrowserCrypto()).name,
  compliance: async () => {
    describeProvider(await openBrowserCrypto());
    return runCollected();
  },
  complianceOfGullible: () => {
    describeProvider(GULLIBLE);
    return runCollected();
  },
  timings: async () => {
    const browser = measureProvider(await openBrowserCrypto());
    const noble = measureProvider(nobleCrypto);
    return Object.fromEntries(Object.entries(browser).map(([name, us]) => [name, { browser: us, noble: noble[name] }]));
  },
};

Object.assign(globalThis, { conclave: commands });
