// Builds edge.json: Ed25519 and Ed25519ph signatures at the edges where implementations disagree.
// Deterministic; run with `node make.mjs > edge.json`. Expectations follow from the construction of each case, not from a verifier.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

const { Point } = ed25519;
const L = Point.Fn.ORDER;
const P = 2n ** 255n - 19n;
const text = new TextEncoder();
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const unhex = (s) => Uint8Array.from(Buffer.from(s, 'hex'));
const cat = (...parts) => Uint8Array.from(parts.flatMap((p) => [...p]));
const le = (n) => Uint8Array.from({ length: 32 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
const num = (b) => b.reduceRight((v, x) => (v << 8n) | BigInt(x), 0n);

const seed = sha512(text.encode('conclave edge key')).subarray(0, 32);
const { scalar: a, prefix, pointBytes: A, point: Ap } = ed25519.utils.getExtendedPublicKey(seed);
const torsion = Point.fromBytes(unhex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'), true);
const CONTEXT = text.encode('PUBLIC SIGNATURE CONTEXT');
const DOM_PH = cat(text.encode('SigEd25519 no Ed25519 collisions'), [1, CONTEXT.length], CONTEXT);

/** The small-order encodings: canonical ones first, then those with another spelling of the same point. */
const SMALL = [
  ['identity', le(1n), true], ['order 2', le(P - 1n), true], ['order 4', le(0n), true], ['order 4, negative', le(2n ** 255n), true],
  ['order 8 a', torsion.toBytes(), true], ['order 8 a, negative', torsion.negate().toBytes(), true],
  ['order 8 b', torsion.multiplyUnsafe(3n).toBytes(), true], ['order 8 b, negative', torsion.multiplyUnsafe(3n).negate().toBytes(), true],
  ['identity with sign bit', le(1n + 2n ** 255n), false], ['order 2 with sign bit', le(P - 1n + 2n ** 255n), false],
  ['y = p', le(P), false], ['y = p with sign bit', le(P + 2n ** 255n), false],
  ['y = p + 1', le(P + 1n), false], ['y = p + 1 with sign bit', le(P + 1n + 2n ** 255n), false],
];

const cases = [];
/** The same construction for both variants; `signing(message, k)` gives the parts, `wanted(k)` picks a message with a fitting k. */
function add(name, equation, strict, build) {
  for (const prehashed of [false, true]) {
    const dom = prehashed ? DOM_PH : new Uint8Array(0);
    const challenge = (r, key, message) => num(sha512(cat(dom, r, key, prehashed ? sha512(message) : message))) % L;
    for (let i = 0; ; i++) {
      const message = text.encode(`${name} ${i}`);
      const made = build(message, challenge);
      if (made === undefined) continue;
      const { publicKey = A, signature } = made;
      cases.push({ name, prehashed, publicKey: hex(publicKey), message: Buffer.from(message).toString(), signature: hex(signature), valid: prehashed ? equation : strict });
      break;
    }
  }
}
const nonce = (message) => num(sha512(cat(prefix, message))) % L;
const honest = (message, challenge) => {
  const r = nonce(message), R = Point.BASE.multiply(r).toBytes();
  return { R, s: (r + challenge(R, A, message) * a) % L };
};

add('honest', true, true, (m, c) => { const { R, s } = honest(m, c); return { signature: cat(R, le(s)) }; });
add('S + L', false, false, (m, c) => { const { R, s } = honest(m, c); return { signature: cat(R, le(s + L)) }; });
add('S + 8 L, still below 2^256', false, false, (m, c) => { const { R, s } = honest(m, c); return s + 8n * L < 2n ** 256n ? { signature: cat(R, le(s + 8n * L)) } : undefined; });
add('S = L', false, false, () => ({ signature: cat(Point.BASE.toBytes(), le(L)) }));
add('S of another message', false, false, (m, c) => { const { R } = honest(m, c); return { signature: cat(R, le(honest(text.encode('other'), c).s)) }; });
add('all zero', false, false, () => ({ signature: new Uint8Array(64) }));
add('63 bytes', false, false, (m, c) => { const { R, s } = honest(m, c); return { signature: cat(R, le(s)).subarray(0, 63) }; });
add('65 bytes', false, false, (m, c) => { const { R, s } = honest(m, c); return { signature: cat(R, le(s), [0]) }; });
add('empty signature', false, false, () => ({ signature: new Uint8Array(0) }));
add('key of 31 bytes', false, false, (m, c) => { const { R, s } = honest(m, c); return { publicKey: A.subarray(0, 31), signature: cat(R, le(s)) }; });
add('key of 33 bytes', false, false, (m, c) => { const { R, s } = honest(m, c); return { publicKey: cat(A, [0]), signature: cat(R, le(s)) }; });
add('key not on the curve', false, false, (m, c) => { const { R, s } = honest(m, c); return { publicKey: le(2n), signature: cat(R, le(s)) }; });
add('R + torsion: holds only with the cofactor', false, false, (m, c) => {
  const r = nonce(m), R = Point.BASE.multiply(r).add(torsion).toBytes();
  return { signature: cat(R, le((r + c(R, A, m) * a) % L)) };
});
const mixed = Ap.add(torsion).toBytes();
add('A + torsion, 8 divides k', true, true, (m, c) => {
  const r = nonce(m), R = Point.BASE.multiply(r).toBytes(), k = c(R, mixed, m);
  return k % 8n === 0n ? { publicKey: mixed, signature: cat(R, le((r + k * a) % L)) } : undefined;
});
add('A + torsion, 8 does not divide k', false, false, (m, c) => {
  const r = nonce(m), R = Point.BASE.multiply(r).toBytes(), k = c(R, mixed, m);
  return k % 8n !== 0n ? { publicKey: mixed, signature: cat(R, le((r + k * a) % L)) } : undefined;
});
for (const [name, key] of SMALL) {
  add(`A small order: ${name}, equation holds`, true, false, (m, c) => {
    const r = nonce(m), R = Point.BASE.multiply(r).toBytes();
    return c(R, key, m) % 8n === 0n ? { publicKey: key, signature: cat(R, le(r)) } : undefined;
  });
}
for (const [name, R, canonical] of SMALL) {
  // [S]B = R + [k]A with R of small order needs the torsion of [k]A to cancel it: a mixed key, or R the identity.
  const target = Point.fromBytes(R, true);
  add(`R small order: ${name}, equation holds${canonical ? '' : ' but for the encoding'}`, canonical, false, (m, c) => {
    const k = c(R, mixed, m);
    return target.add(torsion.multiplyUnsafe(k % 8n)).is0() ? { publicKey: mixed, signature: cat(R, le((k * a) % L)) } : undefined;
  });
}
add('A and R both the identity, S = 0', true, false, () => ({ publicKey: le(1n), signature: cat(le(1n), le(0n)) }));
process.stdout.write(`[\n${cases.map((c) => `  ${JSON.stringify(c)}`).join(',\n')}\n]\n`);
