/** Keys that nothing can be encrypted to, in the leaf and the key package of a member: the others go on as if it were away. */
import { nodeCrypto } from '@conclave/crypto/node';
import { it } from 'vitest';
import { getCipherSuite, type OwnKeyPackage } from '../../src/index.js';
import { change, expectAgreement, Member } from './members.testkit.js';

/** A key package whose two keys are points of small order. */
function unusable(): OwnKeyPackage {
  let order = 0;
  const dhPrivateKey: typeof nodeCrypto.dhPrivateKey = (bytes) => {
    const key = nodeCrypto.dhPrivateKey(bytes);
    const publicKey = new Uint8Array(32);
    publicKey[0] = order++;
    return { publicKey, dh: (other) => key.dh(other) };
  };
  return new Member('mallory', {}, getCipherSuite(3, { ...nodeCrypto, dhPrivateKey })).keyPackage();
}

it('a member with keys of small order keeps nobody from joining or committing', () => {
  const [alice, bob, carol] = [new Member('alice').create(), new Member('bob'), new Member('carol')];
  change(alice, [], [], [bob]);
  const own = carol.keyPackage();
  const commit = alice.commit([unusable(), own].map(({ keyPackage }) => ({ type: 'add', keyPackage }) as const));
  alice.merge(commit.staged);
  bob.merge(bob.stage(commit.message));
  carol.join(commit.welcome as Uint8Array, own);
  expectAgreement([alice, bob, carol]);
  change(alice, [bob, carol], []);
  change(bob, [alice, carol], []);
  change(carol, [alice, bob], []);
  expectAgreement([alice, bob, carol]);
});
