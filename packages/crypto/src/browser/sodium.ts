/**
 * libsodium as WebAssembly (libsodium-wrappers 0.8, the build without "sumo"), and how it is started.
 *
 * Everything it works on is copied into its memory and, as the library is made, not overwritten there; secrets that
 * went through it stay readable to whoever reads this page's memory until the place is used again.
 */
import type sodium from 'libsodium-wrappers';

/** The functions of libsodium in use; a build without one of them is not used at all. */
const FUNCTIONS = [
  'crypto_sign_seed_keypair',
  'crypto_sign_detached',
  'crypto_sign_verify_detached',
  'crypto_scalarmult',
  'crypto_scalarmult_base',
  'crypto_aead_chacha20poly1305_ietf_encrypt',
  'crypto_aead_chacha20poly1305_ietf_decrypt',
  'crypto_kem_mlkem768_seed_keypair',
  'crypto_kem_mlkem768_enc_deterministic',
  'crypto_kem_mlkem768_dec',
] as const satisfies readonly (keyof typeof sodium)[];

/** libsodium, started. */
export type Sodium = Pick<typeof sodium, (typeof FUNCTIONS)[number]>;

/**
 * Loads and starts the module.
 *
 * @returns undefined where the platform has no WebAssembly or forbids it (a content security policy without
 *   `wasm-unsafe-eval`), and where the module cannot be loaded
 */
export async function startSodium(): Promise<Sodium | undefined> {
  // Asked first, because the module would leave a rejected promise behind that nobody can catch.
  if (Reflect.get(globalThis, 'WebAssembly') === undefined) return undefined;
  try {
    // Imported here so that bundlers can keep its 400 kB apart from the first script of a page.
    const { default: module } = await import('libsodium-wrappers');
    await module.ready;
    return FUNCTIONS.every((name) => typeof module[name] === 'function') ? module : undefined;
  } catch {
    return undefined;
  }
}
