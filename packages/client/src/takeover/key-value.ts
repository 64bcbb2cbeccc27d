/** Table `openmls_key_value` of the deployed client: MLS state by label and group, or by label and key package. */
import { toHex, utf8 } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { BincodeReader } from './bincode.js';

/** Labels of values that are taken over; in the key, those of groups stand twice. */
const GROUP_LABELS = [
  'GroupState',
  'Tree',
  'ConfirmationTag',
  'EpochSecrets',
  'MessageSecrets',
  'OwnLeafNodeIndex',
] as const;
const KEY_PAIRS = 'EpochKeyPairs';
const KEY_PACKAGE = 'KeyPackageKeyPackage';
const WRAPPER_KEY = 'KeyPackageWrapperPrivateKey';
const VERSION = 1;

/** What is known of one group. */
export type GroupLabel = (typeof GROUP_LABELS)[number];

/** The values, looked up by what their keys say. */
export class OpenMlsValues {
  readonly #groups = new Map<string, Uint8Array>();
  readonly #keyPackages = new Map<string, Uint8Array>();

  /** Reads the table once. */
  constructor(db: Database) {
    const rows = db
      .prepare<{ key_bytes: Uint8Array; value_bytes: Uint8Array }>(
        'SELECT key_bytes, value_bytes FROM openmls_key_value WHERE version = ?',
      )
      .all(VERSION);
    for (const { key_bytes: key, value_bytes: value } of rows) this.#keep(key, value);
  }

  /** A value of a group, by its hex id. */
  group(label: GroupLabel, groupId: string): Uint8Array | undefined {
    return this.#groups.get(`${label} ${groupId}`);
  }

  /** The key pairs of a leaf and the nodes above it in an epoch. */
  keyPairs(groupId: string, epoch: bigint, leafIndex: number): Uint8Array | undefined {
    return this.#groups.get(`${KEY_PAIRS} ${groupId} ${epoch} ${leafIndex}`);
  }

  /** A key package with its private keys, by its hex reference. */
  keyPackage(ref: string): Uint8Array | undefined {
    return this.#keyPackages.get(`${KEY_PACKAGE} ${ref}`);
  }

  /** The private key that welcomes to this key package are wrapped to. */
  wrapperKey(ref: string): Uint8Array | undefined {
    return this.#keyPackages.get(`${WRAPPER_KEY} ${ref}`);
  }

  #keep(key: Uint8Array, value: Uint8Array): void {
    for (const label of GROUP_LABELS) {
      if (startsWith(key, label + label)) this.#groups.set(`${label} ${idOf(key, 2 * label.length)}`, value);
    }
    if (startsWith(key, KEY_PAIRS)) {
      const reader = new BincodeReader(key.subarray(KEY_PAIRS.length));
      const groupId = toHex(reader.bytes());
      this.#groups.set(`${KEY_PAIRS} ${groupId} ${reader.u64()} ${reader.u32()}`, value);
    }
    for (const label of [KEY_PACKAGE, WRAPPER_KEY]) {
      if (startsWith(key, label)) this.#keyPackages.set(`${label} ${idOf(key, label.length)}`, value);
    }
  }
}

function startsWith(key: Uint8Array, label: string): boolean {
  const bytes = utf8(label);
  return key.length > bytes.length && bytes.every((byte, index) => key[index] === byte);
}

function idOf(key: Uint8Array, offset: number): string {
  return toHex(new BincodeReader(key.subarray(offset)).bytes());
}
