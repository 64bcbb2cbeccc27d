/** The browser's provider without the way round, for what needs WebAssembly anyway or brings its own. */
export { openSodiumCrypto } from '../browser/sodium-provider.js';
