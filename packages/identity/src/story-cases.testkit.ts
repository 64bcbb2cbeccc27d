/**
 * Identity logs made with real signatures, each a short story that ends well or breaks one rule. The verdicts of the real
 * client on them are in `vectors/identity`.
 */
import {
  type Action,
  add,
  alice,
  bob,
  carol,
  found,
  handOver,
  key,
  type LogCase,
  laptop,
  logOf,
  oldAlice,
  olderAlice,
  otherKey,
  phone,
  registration,
  revoke,
  safe,
  safeElsewhere,
  tablet,
} from './actors.testkit.js';
import { encodeIdentityUpdate, type SignedIdentityUpdate } from './codec/identity-update.js';
import type { Identifier, MemberIdentifier } from './identifier.js';
import { inboxIdOf } from './inbox-id.js';
import type { Signer } from './wallet.testkit.js';

/** A signer whose bytes are changed after signing. */
function altered<I extends MemberIdentifier>(
  signer: { identifier: I; sign(text: string): { kind: 'erc-191'; bytes: Uint8Array } },
  change: (bytes: Uint8Array) => Uint8Array,
): Signer<I> {
  return {
    identifier: signer.identifier,
    sign: (text) => ({ kind: 'erc-191', bytes: change(signer.sign(text).bytes) }),
  };
}

const withV = (map: (v: number) => number) => (bytes: Uint8Array) =>
  bytes.map((byte, index) => (index === 64 ? map(byte) : byte));

const SECP256K1_N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function highS(bytes: Uint8Array): Uint8Array {
  const s = bytes.subarray(32, 64).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const flipped = (SECP256K1_N - s).toString(16).padStart(64, '0');
  const out = bytes.slice();
  out.set(
    (flipped.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)),
    32,
  );
  return out;
}

const mixedCase = {
  identifier: { kind: 'ethereum', address: bob.identifier.address.toUpperCase().replace('0X', '0x') },
} as const;
const fake = (signer: Signer): Signer => ({ identifier: signer.identifier, sign: () => signer.sign('another text') });

/** Logs of well-formed updates; alice's inbox with nonce 1 unless the case says otherwise. */
export function storyCases(): LogCase[] {
  const id = inboxIdOf(alice.identifier, 1n);
  const legacyId = inboxIdOf(alice.identifier, 0n);
  const safeId = inboxIdOf(safe.identifier, 1n);
  const keyId = inboxIdOf(key.identifier, 1n);
  const cases: [string, string, SignedIdentityUpdate[]][] = [
    ['registration', id, logOf(id, registration)],
    ['creation alone', id, logOf(id, [found(alice)])],
    ['second installation by the owner', id, logOf(id, registration, [add(laptop, alice)])],
    ['installation adds an account', id, logOf(id, registration, [add(bob, phone)])],
    ['installation adds a passkey', id, logOf(id, registration, [add(key, phone)])],
    ['added account adds an installation', id, logOf(id, registration, [add(bob, phone)], [add(laptop, bob)])],
    ['passkey adds an installation', id, logOf(id, registration, [add(key, alice)], [add(laptop, key)])],
    ['passkey owner', keyId, logOf(keyId, [found(key), add(phone, key)])],
    ['passkey adds a passkey', keyId, logOf(keyId, [found(key)], [add(otherKey, key)])],
    ['revoke an installation', id, logOf(id, registration, [revoke(phone, alice)])],
    ['revoke an absent member', id, logOf(id, registration, [revoke(carol, alice)])],
    [
      'revoke an account and the installations it added',
      id,
      logOf(
        id,
        registration,
        [add(bob, phone)],
        [add(laptop, bob)],
        [add(carol, bob)],
        [add(tablet, carol)],
        [revoke(bob, alice)],
      ),
    ],
    ['owner revokes itself', id, logOf(id, registration, [revoke(alice, alice)])],
    ['owner returns after revoking itself', id, logOf(id, registration, [revoke(alice, alice)], [add(laptop, alice)])],
    ['revoke twice in one update', id, logOf(id, registration, [revoke(phone, alice), revoke(phone, alice)])],
    ['hand over recovery', id, logOf(id, registration, [handOver(bob, alice)])],
    ['hand over and revoke by the new one', id, logOf(id, registration, [handOver(bob, alice)], [revoke(phone, bob)])],
    [
      'recovery identifier that is no member adds',
      id,
      logOf(id, registration, [handOver(bob, alice)], [add(laptop, bob)]),
    ],
    ['recovery by a passkey', id, logOf(id, registration, [handOver(key, alice)], [revoke(phone, key)])],
    ['account overwritten by another adder', id, logOf(id, registration, [add(bob, phone)], [add(bob, alice)])],
    [
      'everything in one update',
      id,
      logOf(id, [...registration, add(bob, alice), revoke(phone, alice), handOver(bob, alice)]),
    ],
    ['update without actions', id, logOf(id, registration, [])],
    ['contract wallet', safeId, logOf(safeId, [found(safe), add(phone, safe)], [add(laptop, safe)])],
    [
      'contract wallet as recovery from any chain',
      id,
      logOf(id, registration, [handOver(safe, alice)], [revoke(phone, safeElsewhere)]),
    ],
    ['legacy owner', legacyId, logOf(legacyId, [found(oldAlice, 0n), add(phone, oldAlice)])],
    ['legacy signature beside a wallet', legacyId, logOf(legacyId, [found(alice, 0n)], [add(phone, oldAlice)])],
    [
      'V of 0 or 1',
      id,
      logOf(id, [
        found(
          altered(
            alice,
            withV((v) => v - 27),
          ),
        ),
      ]),
    ],
    [
      'V of EIP-155',
      id,
      logOf(id, [
        found(
          altered(
            alice,
            withV((v) => v + 10),
          ),
        ),
      ]),
    ],

    ['empty log', id, []],
    ['no creation', id, logOf(id, [add(phone, alice)])],
    ['created twice', id, logOf(id, registration, [found(alice)])],
    ['created twice in one update', id, logOf(id, [found(alice), found(alice)])],
    ['creation signed by another', id, logOf(id, [found(alice, 1n, bob)])],
    ['creation under another inbox id', id, logOf(id, [found(alice, 2n)])],
    [
      'update of another inbox',
      id,
      [...logOf(id, registration), ...logOf(legacyId, [], [add(laptop, alice)]).slice(1)],
    ],
    ['legacy creation with nonce 1', id, logOf(id, [found(oldAlice, 1n)])],
    [
      'replayed update',
      id,
      [
        ...logOf(id, registration),
        ...logOf(id, registration, [add(laptop, alice)]).slice(1),
        ...logOf(id, registration, [add(laptop, alice)]).slice(1),
      ],
    ],
    [
      'replayed revocation',
      id,
      [
        ...logOf(id, registration),
        ...logOf(id, registration, [revoke(phone, alice)]).slice(1),
        ...logOf(id, registration, [revoke(phone, alice)]).slice(1),
      ],
    ],
    [
      'replayed change of recovery',
      id,
      [
        ...logOf(id, registration),
        ...logOf(id, registration, [handOver(alice, alice)]).slice(1),
        ...logOf(id, registration, [handOver(alice, alice)]).slice(1),
      ],
    ],
    ['new member did not sign', id, logOf(id, registration, [add(laptop, alice, tablet)])],
    ['added itself', id, logOf(id, registration, [add(alice, alice)])],
    ['stranger adds', id, logOf(id, registration, [add(laptop, bob)])],
    ['revoked account adds', id, logOf(id, registration, [add(bob, phone)], [revoke(bob, alice)], [add(laptop, bob)])],
    ['installation adds an installation', id, logOf(id, registration, [add(laptop, phone)])],
    ['stranger revokes', id, logOf(id, registration, [revoke(phone, bob)])],
    ['member that is not recovery revokes', id, logOf(id, registration, [add(bob, phone)], [revoke(phone, bob)])],
    ['installation revokes', id, logOf(id, registration, [revoke(alice, phone)])],
    ['former recovery revokes', id, logOf(id, registration, [handOver(bob, alice)], [revoke(phone, alice)])],
    ['stranger changes recovery', id, logOf(id, registration, [handOver(bob, bob)])],
    [
      'contract wallet on another chain',
      safeId,
      logOf(safeId, [found(safe), add(phone, safe)], [add(laptop, safeElsewhere)]),
    ],
    [
      'contract wallet revokes from another chain',
      safeId,
      logOf(safeId, [found(safe), add(phone, safe)], [revoke(phone, safeElsewhere)]),
    ],
    ['contract wallet refused by its chain', safeId, logOf(safeId, [found(fake(safe) as Signer<Identifier>)])],
    ['legacy signature in the inbox of another nonce', id, logOf(id, registration, [add(laptop, oldAlice)])],
    [
      'legacy signature revokes',
      legacyId,
      logOf(legacyId, [found(alice, 0n), add(phone, alice)], [revoke(phone, oldAlice)]),
    ],
    ['legacy signature changes recovery', legacyId, logOf(legacyId, [found(alice, 0n)], [handOver(bob, oldAlice)])],
    [
      'legacy key used in two updates',
      legacyId,
      logOf(legacyId, [found(oldAlice, 0n), add(phone, oldAlice)], [add(laptop, oldAlice)]),
    ],
    [
      'second legacy key of the wallet',
      legacyId,
      logOf(legacyId, [found(oldAlice, 0n), add(phone, oldAlice)], [add(laptop, olderAlice)]),
    ],
    [
      'legacy recovery that is no member',
      legacyId,
      logOf(legacyId, [found(alice, 0n), add(phone, alice)], [revoke(alice, alice)], [add(laptop, oldAlice)]),
    ],
    ['text signed by the account differs', id, logOf(id, [found(fake(alice) as Signer<Identifier>)])],
    ['text signed by the installation differs', id, logOf(id, [found(alice), add(phone, alice, fake(phone))])],
    ['text signed by the passkey differs', keyId, logOf(keyId, [found(fake(key) as Signer<Identifier>)])],
    ['high S', id, logOf(id, [found(altered(alice, (bytes) => withV((v) => 55 - v)(highS(bytes))))])],
    ['high S with the V of low S', id, logOf(id, [found(altered(alice, highS))])],
    [
      'V of 2',
      id,
      logOf(id, [
        found(
          altered(
            alice,
            withV(() => 2),
          ),
        ),
      ]),
    ],
    [
      'V of 29',
      id,
      logOf(id, [
        found(
          altered(
            alice,
            withV(() => 29),
          ),
        ),
      ]),
    ],
    ['signature of 64 bytes', id, logOf(id, [found(altered(alice, (bytes) => bytes.subarray(0, 64)))])],
    [
      'signature of zeros',
      id,
      logOf(id, [found(altered(alice, (bytes) => bytes.map((byte, i) => (i < 64 ? 0 : byte))))]),
    ],
    [
      'new member address in mixed case',
      id,
      logOf(id, registration, [{ ...add(bob, phone), newMember: mixedCase.identifier } as Action]),
    ],
    [
      'recovery address in mixed case cannot sign',
      id,
      logOf(id, registration, [handOver(mixedCase, alice)], [revoke(phone, bob)]),
    ],
    [
      'revocation of a mixed-case address matches nothing',
      id,
      logOf(id, registration, [add(bob, phone)], [revoke(mixedCase, alice)]),
    ],
  ];
  return cases.map(([name, inboxId, updates]) => ({ name, inboxId, updates: updates.map(encodeIdentityUpdate) }));
}
