/** Message keys of a group as OpenMLS stores them: `MessageSecretsStore`, with the epochs that are over (RFC 9420 section 9). */
import { CryptoError } from '@conclave/crypto';
import type { ImportedEpoch, ImportedRatchet } from '@conclave/mls';
import type { BincodeReader } from './bincode.js';
import { readCredential } from './openmls-nodes.js';

/** An epoch with its membership_key. */
export interface StoredEpoch extends ImportedEpoch {
  readonly membershipKey: Uint8Array;
}

/** All epochs whose keys are kept, oldest first. */
export interface MessageSecretsStore {
  readonly past: readonly ImportedEpoch[];
  readonly current: StoredEpoch;
}

/** Reads the store. */
export function messageSecretsStore(reader: BincodeReader): MessageSecretsStore {
  reader.u64();
  const past = reader.list((each) => {
    each.u64();
    const epoch = messageSecrets(each);
    each.list(passMember);
    return epoch;
  });
  return { past, current: messageSecrets(reader) };
}

/** Member: index, credential, encryption and signature key. */
function passMember(reader: BincodeReader): void {
  reader.u32();
  readCredential(reader);
  reader.bytes();
  reader.bytes();
}

function messageSecrets(reader: BincodeReader): StoredEpoch {
  const senderDataSecret = reader.bytes();
  const membershipKey = reader.bytes();
  // The confirmation key has done its work.
  reader.bytes();
  const context = reader.bytes();
  return { senderDataSecret, membershipKey, context, ...secretTree(reader) };
}

/** SecretTree: own index, secrets of leaves and of parents, ratchets by leaf, number of nodes. */
function secretTree(reader: BincodeReader): Pick<ImportedEpoch, 'secretTree' | 'ratchets' | 'leafCount'> {
  reader.u32();
  const secrets = (): (Uint8Array | undefined)[] => reader.list((each) => each.option((present) => present.bytes()));
  const leaves = secrets();
  const parents = secrets();
  const nodes = new Map<number, Uint8Array>();
  for (const [index, secret] of leaves.entries()) if (secret !== undefined) nodes.set(2 * index, secret);
  for (const [index, secret] of parents.entries()) if (secret !== undefined) nodes.set(2 * index + 1, secret);
  const ratchets = (['handshake', 'application'] as const).flatMap((type) =>
    reader
      .list((each) => each.option(ratchet))
      .flatMap((found, leafIndex) => (found === undefined ? [] : [{ ...found, type, leafIndex }])),
  );
  reader.u32();
  return { secretTree: nodes, ratchets, leafCount: leaves.length };
}

/** SenderRatchet: EncryptionRatchet(head), or DecryptionRatchet { keys passed over, the newest first; head }. */
function ratchet(reader: BincodeReader): Pick<ImportedRatchet, 'generation' | 'secret' | 'skipped'> {
  const index = reader.u32();
  if (index > 1) throw new CryptoError('codec/invalid-value', { field: 'ratchet', value: index });
  const passedOver = index === 0 ? [] : reader.list((each) => each.option(keyMaterial));
  const secret = reader.bytes();
  const generation = reader.u32();
  const skipped = passedOver.flatMap((key, back) =>
    key === undefined ? [] : [{ ...key, generation: generation - 1 - back }],
  );
  return { generation, secret, skipped: skipped.reverse() };
}

/** AeadKey { mode, value }, AeadNonce. */
function keyMaterial(reader: BincodeReader): { key: Uint8Array; nonce: Uint8Array } {
  reader.u32();
  return { key: reader.bytes(), nonce: reader.fixed(12) };
}
