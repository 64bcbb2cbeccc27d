/** How long the operations of a provider take. */
import type { CryptoProvider } from '../../src/provider/provider.js';

/** Microseconds by operation: medians of runs of about 20 ms each. */
export function measureProvider(provider: CryptoProvider): Record<string, number> {
  const { random } = provider;
  const message = random(300);
  const seed = random(32);
  const key = provider.signaturePrivateKey(seed);
  const signature = key.sign(message);
  const publicKey = provider.signaturePublicKey(key.publicKey);
  const own = provider.dhPrivateKey(seed);
  const peer = provider.dhPrivateKey(random(32)).publicKey;
  const [aeadKey, shortKey, nonce, aad] = [random(32), random(16), random(12), random(64)];
  const kilobyte = random(1000);
  const sealed = provider.aeadSeal('chacha20-poly1305', aeadKey, nonce, aad, kilobyte);
  return {
    'Ed25519 sign, 300 B': medianOf(() => key.sign(message)),
    'Ed25519 verify, 300 B': medianOf(() => publicKey.verify(message, signature)),
    'Ed25519 key from a seed': medianOf(() => provider.signaturePrivateKey(seed).publicKey),
    'X25519 agreement': medianOf(() => own.dh(peer)),
    'X25519 key from 32 bytes': medianOf(() => provider.dhPrivateKey(seed).publicKey),
    'ChaCha20-Poly1305 seal, 1 kB': medianOf(() =>
      provider.aeadSeal('chacha20-poly1305', aeadKey, nonce, aad, kilobyte),
    ),
    'ChaCha20-Poly1305 open, 1 kB': medianOf(() => provider.aeadOpen('chacha20-poly1305', aeadKey, nonce, aad, sealed)),
    'AES-128-GCM seal, 1 kB': medianOf(() => provider.aeadSeal('aes-128-gcm', shortKey, nonce, aad, kilobyte)),
    'SHA-256, 300 B': medianOf(() => provider.hash('sha256', message)),
    'HKDF-Expand to 32 B': medianOf(() => provider.hkdfExpand(seed, aad, 32)),
  };
}

/** Long enough for the engine to compile WebAssembly a second time, for speed. */
const WARM_UP_MS = 300;
const RUN_MS = 20;
const RUNS = 9;

function medianOf(operation: () => unknown): number {
  repeat(operation, WARM_UP_MS);
  const times = Array.from({ length: RUNS }, () => repeat(operation, RUN_MS));
  return Number(times.sort((a, b) => a - b)[RUNS >> 1]?.toFixed(1));
}

/** Microseconds per call. The clock of a page is coarse, hence many calls between two looks at it. */
function repeat(operation: () => unknown, durationMs: number): number {
  const start = performance.now();
  let calls = 0;
  let elapsed = 0;
  do {
    for (let i = 0; i < 8; i++) operation();
    calls += 8;
    elapsed = performance.now() - start;
  } while (elapsed < durationMs);
  return (elapsed * 1000) / calls;
}
