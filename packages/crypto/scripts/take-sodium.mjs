/**
 * Makes src/node/gen and src/browser/gen from libsodium's build for WebAssembly ("sumo"), which is installed; part of the build (`scripts/ensure.mjs`), so that no
 * code of others stands in the repository.
 *
 * The library's loader starts asynchronously and takes some 80 ms of CPU, most of it for what is not used here. What remains without the
 * functions that nobody calls is started in the middle of a call, in a few milliseconds.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipTightly } from '../../../scripts/bundling/compress.mjs';
import { fewerFunctions } from './fewer-functions.mjs';

/** What is used everywhere, by the library's names; the memory comes with it. */
const SHARED = [
  'crypto_scalarmult_ed25519_base_noclamp',
  'crypto_core_ed25519_scalar_add',
  'crypto_core_ed25519_scalar_mul',
  'crypto_core_ed25519_scalar_reduce',
  'crypto_kem_mlkem768_seed_keypair',
  'crypto_kem_mlkem768_enc_deterministic',
  'crypto_kem_mlkem768_dec',
  'crypto_core_keccak1600_init',
  'crypto_core_keccak1600_xor_bytes',
  'crypto_core_keccak1600_permute_24',
  'crypto_core_keccak1600_extract_bytes',
];
const ON_NODE = [...SHARED, 'malloc', 'crypto_sign_ed25519_verify_detached'];
const IN_BROWSERS = [
  ...SHARED,
  'crypto_sign_seed_keypair',
  'crypto_sign_detached',
  'crypto_sign_verify_detached',
  'crypto_scalarmult',
  'crypto_scalarmult_base',
  'crypto_aead_chacha20poly1305_ietf_encrypt',
  'crypto_aead_chacha20poly1305_ietf_decrypt',
  ...['sha256', 'sha512'].flatMap((id) => ['init', 'update', 'final'].map((step) => `crypto_hash_${id}_${step}`)),
];

/**
 * Ed25519ph with a context differs from Ed25519 in what is hashed and in nothing else, and the library offers it without a context alone. So
 * its check of a signature gets, on Node, a SHA-512 that hashes nothing: the digest is what the caller has put at this address, below all that the
 * module itself uses (its data begin at 1024).
 */
const DIGEST_ADDRESS = 64;
/** crypto_hash_sha512_final(state, out): memory.copy(out, DIGEST_ADDRESS, 64); return 0 */
const GIVE_DIGEST = [
  ...[0x00, 0x20, 0x01, 0x41, ...signedNumber(DIGEST_ADDRESS), 0x41, ...signedNumber(64)],
  ...[0xfc, 0x0a, 0x00, 0x00, 0x41, 0x00, 0x0b],
];

/** LEB128 of a constant from 64 to 8191. */
function signedNumber(value) {
  return [(value & 0x7f) | 0x80, value >> 7];
}

const packageDir = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const commonJs = require.resolve('libsodium-sumo');
const library = join(dirname(commonJs), '../modules-sumo-esm/libsodium-sumo.mjs');
const { version } = JSON.parse(readFileSync(join(dirname(commonJs), '../../package.json'), 'utf8'));
const text = readFileSync(library, 'utf8');
const licence = readFileSync(join(dirname(commonJs), '../../LICENSE'), 'utf8')
  .trim()
  .replace(/^ */gm, '// ')
  .replace(/ +$/gm, '');

const found = (pattern) => {
  const match = pattern.exec(text);
  if (match !== null) return match[1];
  console.error(`${library} does not look as it did; see packages/crypto/scripts/take-sodium.mjs.`);
  process.exit(1);
};

const whole = Buffer.from(found(/"(AGFzbQ[A-Za-z0-9+/=]+)"/), 'base64');
/** The module's own names are short; the loader has the library's names for them. */
const names = new Map([...text.matchAll(/\b\w+\._(\w+)=\w+\.(\w+)/g)].map(([, name, short]) => [short, name]));

/** @param bodies - other bodies for functions, by the library's names */
function taken(functions, bodies = {}) {
  const nameOf = (short) => names.get(short);
  const exportedAs = (short, kind) => {
    if (kind === 2) return 'memory';
    return functions.includes(nameOf(short)) ? nameOf(short) : undefined;
  };
  const isUsed = (short) => functions.includes(nameOf(short));
  const wasm = fewerFunctions(new Uint8Array(whole), isUsed, exportedAs, (short) => bodies[nameOf(short)]);
  const given = new Set(WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name));
  for (const name of [...functions, 'memory']) {
    if (given.has(name)) continue;
    console.error(`${library} does not export ${name}.`);
    process.exit(1);
  }
  return wasm;
}

function write(platform, code) {
  const folder = join(packageDir, 'src', platform, 'gen');
  mkdirSync(folder, { recursive: true });
  const head = `// Made from libsodium-sumo ${version} by packages/crypto/scripts/take-sodium.mjs. Its licence:\n//\n${licence}\n`;
  writeFileSync(join(folder, 'sodium-wasm.ts'), head + code);
}

const onNode = taken(ON_NODE, { crypto_hash_sha512_final: Uint8Array.from(GIVE_DIGEST) });
write(
  'node',
  `/** Where \`crypto_sign_ed25519_verify_detached\` finds the digest of R, key and message, 64 bytes, instead of computing it. */
export const DIGEST_ADDRESS = ${DIGEST_ADDRESS};

/** libsodium as WebAssembly, ${onNode.length} bytes, with no more functions than are used here. Base64. */
export const SODIUM_WASM =
  '${onNode.toString('base64')}';
`,
);

const inBrowsers = taken(IN_BROWSERS);
write(
  'browser',
  `/** libsodium as WebAssembly, ${inBrowsers.length} bytes, with no more functions than are used here, compressed with gzip. Base64. */
export const SODIUM_WASM =
  '${(await gzipTightly(inBrowsers)).toString('base64')}';
`,
);
