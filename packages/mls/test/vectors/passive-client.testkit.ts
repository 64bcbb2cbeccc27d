/** Runs a passive-client vector: join, then follow every commit and compare the epoch authenticators. */
import { equalBytes, toHex } from '@conclave/crypto';
import { expect } from 'vitest';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { MlsGroup } from '../../src/group/mls-group.js';
import { keyPackageRef } from '../../src/key-package.js';
import type { PskLookup } from '../../src/schedule/psk.js';
import { RFC_POLICY } from '../../src/validation/policy.js';
import { hex, suiteOf } from './vectors.testkit.js';

export interface PassiveClientCase {
  readonly cipher_suite: number;
  readonly external_psks: readonly { readonly psk_id: string; readonly psk: string }[];
  readonly key_package: string;
  readonly signature_priv: string;
  readonly encryption_priv: string;
  readonly init_priv: string;
  readonly welcome: string;
  readonly ratchet_tree: string | null;
  readonly initial_epoch_authenticator: string;
  readonly epochs: readonly {
    readonly proposals: readonly string[];
    readonly commit: string;
    readonly epoch_authenticator: string;
  }[];
}

export function runPassiveClient(vector: PassiveClientCase): void {
  const suite = suiteOf(vector);
  const message = decodeMlsMessage(hex(vector.key_package));
  if (message.wireFormat !== 5) throw new TypeError('not a KeyPackage');
  const { keyPackage } = message;
  const signatureKey = suite.provider.signaturePrivateKey(hex(vector.signature_priv).subarray(0, 32));
  const [initPrivateKey, encryptionPrivateKey] = [hex(vector.init_priv), hex(vector.encryption_priv)];
  expect(signatureKey.publicKey).toEqual(keyPackage.leafNode.signatureKey);
  expect(suite.provider.dhPrivateKey(initPrivateKey).publicKey).toEqual(keyPackage.initKey);
  expect(suite.provider.dhPrivateKey(encryptionPrivateKey).publicKey).toEqual(keyPackage.leafNode.encryptionKey);

  const psks = new Map(vector.external_psks.map(({ psk_id, psk }) => [psk_id, hex(psk)]));
  const resumptionPsks = new Map<bigint, Uint8Array>();
  const psk: PskLookup = (id) => (id.type === 'external' ? psks.get(toHex(id.pskId)) : resumptionPsks.get(id.epoch));
  const own = { keyPackage, initPrivateKey, encryptionPrivateKey };
  const reference = keyPackageRef(suite, keyPackage);
  const { group } = MlsGroup.join({
    suite,
    welcome: hex(vector.welcome),
    keyPackage: (ref) => (equalBytes(ref, reference) ? own : undefined),
    signatureKey,
    ratchetTree: vector.ratchet_tree === null ? undefined : hex(vector.ratchet_tree),
    config: { handshake: 'public', policy: RFC_POLICY, psk },
  });
  expect(toHex(group.epochAuthenticator)).toBe(vector.initial_epoch_authenticator);
  for (const epoch of vector.epochs) {
    resumptionPsks.set(group.epoch, group.resumptionPsk);
    for (const proposal of epoch.proposals) expect(group.process(hex(proposal)).kind).toBe('proposal');
    const commit = group.process(hex(epoch.commit));
    if (commit.kind !== 'commit') throw new TypeError('not a commit');
    group.merge(commit.staged);
    expect(toHex(group.epochAuthenticator)).toBe(epoch.epoch_authenticator);
  }
}
