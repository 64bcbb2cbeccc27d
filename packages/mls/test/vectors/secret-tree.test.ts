import { toHex } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { senderDataKeyNonce } from '../../src/framing/sender-data.js';
import { RowJournal } from '../../src/rows.js';
import { MessageSecrets } from '../../src/schedule/message-secrets.js';
import { describeVectors, hex, suiteOf } from './vectors.testkit.js';

interface SecretTreeCase {
  cipher_suite: number;
  sender_data: { sender_data_secret: string; ciphertext: string; key: string; nonce: string };
  encryption_secret: string;
  leaves: {
    generation: number;
    handshake_key: string;
    handshake_nonce: string;
    application_key: string;
    application_nonce: string;
  }[][];
}

describeVectors<SecretTreeCase>('secret-tree', (cases) => {
  it.each(cases)('suite $cipher_suite, $leaves.length leaves', (vector) => {
    const suite = suiteOf(vector);
    const { sender_data_secret, ciphertext, key, nonce } = vector.sender_data;
    const senderData = senderDataKeyNonce(suite, hex(sender_data_secret), hex(ciphertext));
    expect([toHex(senderData.key), toHex(senderData.nonce)]).toEqual([key, nonce]);

    const messages = new MessageSecrets({
      suite,
      rows: new RowJournal(),
      epoch: 0n,
      leafCount: vector.leaves.length,
      senderDataSecret: hex(sender_data_secret),
      limits: { outOfOrderTolerance: 5, maximumForwardDistance: 1000 },
    });
    messages.start(hex(vector.encryption_secret));
    for (const [leaf, generations] of vector.leaves.entries()) {
      for (const expected of generations) {
        const application = messages.prepareKey(leaf, 1, expected.generation);
        expect(toHex(application.messageKey.key)).toBe(expected.application_key);
        expect(toHex(application.messageKey.nonce)).toBe(expected.application_nonce);
        application.spend();
        const handshake = messages.prepareKey(leaf, 3, expected.generation);
        expect(toHex(handshake.messageKey.key)).toBe(expected.handshake_key);
        expect(toHex(handshake.messageKey.nonce)).toBe(expected.handshake_nonce);
        handshake.spend();
      }
    }
  });
});
