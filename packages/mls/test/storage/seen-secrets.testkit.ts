/**
 * Members whose secrets are seen: what a call derives, draws or decrypts, by the labels of the standard under which secrets are derived.
 */
import { type CryptoProvider, type Random, toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { vi } from 'vitest';
import { getCipherSuite } from '../../src/index.js';
import { Member } from '../scenario/members.testkit.js';

interface Seen {
  readonly label: string;
  readonly array: Uint8Array;
  readonly bytes: string;
}

/** What is no secret: hashes of HPKE's infos, and tags, which are sent. */
const PUBLIC = new Set(['info_hash', 'psk_id_hash', 'tag']);
const HPKE_LABELS = [
  'eae_prk',
  'shared_secret',
  'dkp_prk',
  'sk',
  ...PUBLIC,
  'base_nonce',
  'exp',
  'secret',
  'key',
  'sec',
];

let seen: Seen[] = [];
let isWatching = false;
const { slice } = Uint8Array.prototype;

function see<T extends Uint8Array>(label: string, array: T): T {
  if (isWatching && !PUBLIC.has(label)) seen.push({ label, array, bytes: toHex(array) });
  return array;
}

/** The label in the info of a derivation: `MLS 1.0 …` with its length in front, or HPKE's after the suite. */
function labelOf(parts: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(parts);
  const hpke = bytes.subarray(0, 9).indexOf('HPKE-v1');
  const mls = bytes.indexOf('MLS 1.0 ');
  if (hpke < 0 && mls > 0) return bytes.toString('latin1', mls + 8, mls + (bytes[mls - 1] as number));
  if (hpke < 0) return 'tag';
  const start = hpke + 7 + (bytes.toString('latin1', hpke + 7, hpke + 10) === 'KEM' ? 5 : 10);
  return HPKE_LABELS.find((label) => bytes.toString('latin1', start, start + label.length) === label) ?? 'unknown';
}

/** Notes every secret that it gives. */
const provider: CryptoProvider = {
  ...nodeCrypto,
  hmac: (id, key, ...parts) => see(labelOf(parts), nodeCrypto.hmac(id, key, ...parts)),
  hkdfExtract: (salt, ikm) => see('extract', nodeCrypto.hkdfExtract(salt, ikm)),
  hkdfExpand: (prk, info, length) => see(labelOf([info]), nodeCrypto.hkdfExpand(prk, info, length)),
  aeadSeal: (id, key, nonce, ...rest) =>
    nodeCrypto.aeadSeal(id, see('used key', key), see('used nonce', nonce), ...rest),
  aeadOpen: (id, key, nonce, ...rest) =>
    see('plaintext', nodeCrypto.aeadOpen(id, see('used key', key), see('used nonce', nonce), ...rest)),
  dhPrivateKey: (bytes) => {
    const key = nodeCrypto.dhPrivateKey(bytes);
    return { publicKey: key.publicKey, dh: (publicKey) => see('dh', key.dh(publicKey)) };
  },
};
export const suite = getCipherSuite(0x0003, provider);

/** A member whose randomness is watched; 4 bytes of it are a reuse guard, which travels. */
export class WatchedMember extends Member {
  override readonly random: Random = (length) => see(length === 4 ? 'tag' : 'random', nodeCrypto.random(length));
}

/** The labels of what the step has left behind, sorted. */
export function leftBy(step: () => unknown): string[] {
  seen = [];
  isWatching = true;
  vi.spyOn(Uint8Array.prototype, 'slice').mockImplementation(function (this: Uint8Array, ...args) {
    const copy = slice.apply(this, args);
    const source = seen.find(({ array }) => array.buffer === this.buffer && array.byteOffset <= this.byteOffset);
    return source === undefined ? copy : see(source.label, copy);
  });
  try {
    step();
  } finally {
    isWatching = false;
    vi.restoreAllMocks();
  }
  const left = seen.filter(({ array, bytes }) => /[^0]/.test(bytes) && toHex(array) === bytes);
  return left.map(({ label }) => label).sort();
}
