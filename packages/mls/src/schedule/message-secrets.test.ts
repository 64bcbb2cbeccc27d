import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../codec-properties.testkit.js';
import { getCipherSuite } from '../crypto/cipher-suite.js';
import { ROW_KIND, RowJournal } from '../rows.js';
import { MessageSecrets } from './message-secrets.js';

function start(rows = new RowJournal(), plant = true): MessageSecrets {
  const messages = new MessageSecrets({
    suite: getCipherSuite(0x0003, nodeCrypto),
    ...{ rows, epoch: 1n, leafCount: 4, senderDataSecret: new Uint8Array(32) },
    limits: { outOfOrderTolerance: 5, maximumForwardDistance: 1000 },
  });
  if (plant) messages.start(new Uint8Array(32).fill(1));
  return messages;
}

describe('MessageSecrets', () => {
  it('has keys for the leaves of the tree only', () => {
    const messages = start();
    for (const leaf of [4, 5, 2 ** 31, 2 ** 32 - 1]) {
      expect(codeOf(() => messages.prepareKey(leaf, 1, 0))).toBe('mls/validation');
    }
    expect(codeOf(() => messages.prepareKey(3, 1, 0))).toBe('accepted');
  });

  it('keeps handshake and application keys apart, and goes on from its rows', () => {
    const rows = new RowJournal();
    const sender = start(rows);
    const keys = ([1, 3, 1, 2] as const).map((type) => sender.takeOwnKey(2, type));
    expect(keys.map(({ generation }) => generation)).toEqual([0, 0, 1, 1]);
    expect(new Set(keys.map(({ key }) => key.join())).size).toBe(4);
    expect(start(rows, false).takeOwnKey(2, 1).generation).toBe(2);
  });

  it('drops the handshake ratchets, then everything', () => {
    const rows = new RowJournal();
    const messages = start(rows);
    messages.takeOwnKey(0, 3);
    messages.takeOwnKey(1, 1);
    messages.dropHandshakeRatchets();
    expect(rows.scan(ROW_KIND.ratchet).map(({ key }) => key[8])).toEqual([1, 1]);
    expect(messages.takeOwnKey(1, 1).generation).toBe(1);
    messages.drop();
    expect([...rows.scan(ROW_KIND.ratchet), ...rows.scan(ROW_KIND.secretTreeNode)]).toEqual([]);
    expect(codeOf(() => messages.takeOwnKey(1, 1))).toBe('mls/corrupt-rows');
  });
});
