import { deriveX25519PrivateKey, toHex } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { exportSecret } from '../../src/schedule/exporter.js';
import { createGroupContext } from '../../src/schedule/group-context.js';
import { deriveEpochSecrets, deriveJoinerSecret, deriveWelcomeSecret } from '../../src/schedule/key-schedule.js';
import { describeVectors, hex, suiteOf } from './vectors.testkit.js';

type Hex = string;
interface KeyScheduleCase {
  cipher_suite: number;
  group_id: Hex;
  initial_init_secret: Hex;
  epochs: {
    [field: string]: Hex;
    // biome-ignore lint/suspicious/noExplicitAny: one field of the record has another shape
    exporter: any;
  }[];
}

describeVectors<KeyScheduleCase>('key-schedule', (cases) => {
  it.each(cases)('suite $cipher_suite', (vector) => {
    const suite = suiteOf(vector);
    let initSecret = hex(vector.initial_init_secret);
    for (const [index, epoch] of vector.epochs.entries()) {
      const at = (field: string) => hex(epoch[field] as Hex);
      const context = createGroupContext({
        suite: suite.id,
        groupId: hex(vector.group_id),
        epoch: BigInt(index),
        treeHash: at('tree_hash'),
        confirmedTranscriptHash: at('confirmed_transcript_hash'),
        extensions: [],
      });
      expect(toHex(context.raw)).toBe(epoch.group_context);
      const joinerSecret = deriveJoinerSecret(suite, initSecret, at('commit_secret'), context.raw);
      expect(toHex(joinerSecret)).toBe(epoch.joiner_secret);
      const pskSecret = at('psk_secret');
      expect(toHex(deriveWelcomeSecret(suite, joinerSecret, pskSecret))).toBe(epoch.welcome_secret);
      const secrets = deriveEpochSecrets(suite, joinerSecret, pskSecret, context.raw);
      expect(Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, toHex(secret)]))).toEqual({
        senderDataSecret: epoch.sender_data_secret,
        encryptionSecret: epoch.encryption_secret,
        exporterSecret: epoch.exporter_secret,
        externalSecret: epoch.external_secret,
        confirmationKey: epoch.confirmation_key,
        membershipKey: epoch.membership_key,
        resumptionPsk: epoch.resumption_psk,
        epochAuthenticator: epoch.epoch_authenticator,
        initSecret: epoch.init_secret,
      });
      const externalKey = suite.provider.dhPrivateKey(deriveX25519PrivateKey(suite.provider, secrets.externalSecret));
      expect(toHex(externalKey.publicKey)).toBe(epoch.external_pub);
      const { label, context: exporterContext, length, secret } = epoch.exporter;
      expect(toHex(exportSecret(suite, secrets.exporterSecret, label, hex(exporterContext), length))).toBe(secret);
      initSecret = secrets.initSecret;
    }
  });
});
