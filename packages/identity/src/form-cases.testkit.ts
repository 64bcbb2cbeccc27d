/**
 * Identity logs whose updates have parts that are missing, unknown or of unusual form. The verdicts of the real client on
 * them are in `vectors/identity`.
 */
import { concatBytes } from '@conclave/crypto';
import {
  create,
  IdentifierKind,
  IdentityActionSchema,
  type IdentityUpdate as IdentityUpdateProto,
  IdentityUpdateSchema,
  MemberIdentifierSchema,
  SignatureSchema,
  toBinary,
} from '@conclave/proto';
import { p256 } from '@noble/curves/nist.js';
import { alice, found, key, type LogCase, logOf, registration, safe } from './actors.testkit.js';
import { encodeIdentityUpdate, identityUpdateToProto, type SignedIdentityUpdate } from './codec/identity-update.js';
import type { Identifier } from './identifier.js';
import { inboxIdOf } from './inbox-id.js';
import { passkey, type Signer, testKey } from './wallet.testkit.js';

const P256_N = p256.Point.CURVE().n;

function derWithS(der: Uint8Array, change: (s: bigint) => bigint): Uint8Array {
  const { r, s } = p256.Signature.fromBytes(der, 'der');
  return new p256.Signature(r, change(s)).toBytes('der');
}

/** A zero byte too many before the first integer. */
function padded(der: Uint8Array): Uint8Array {
  const length = der[3] as number;
  return Uint8Array.of(0x30, (der[1] as number) + 1, 2, length + 1, 0, ...der.subarray(4));
}

/** Changes the protobuf of an update, without signing it again. */
function reshaped(update: SignedIdentityUpdate, change: (proto: IdentityUpdateProto) => void): Uint8Array {
  const proto = identityUpdateToProto(update);
  change(proto);
  return toBinary(IdentityUpdateSchema, proto);
}

function actionOf<K extends string>(proto: IdentityUpdateProto, index: number, kind: K) {
  const action = proto.actions[index]?.kind;
  if (action?.case !== kind) throw new TypeError(`action ${index} is not ${kind}`);
  return action.value as Extract<IdentityUpdateProto['actions'][number]['kind'], { case: K }>['value'];
}

/** Updates with parts that are missing, unknown or of unusual form. */
export function formCases(): LogCase[] {
  const id = inboxIdOf(alice.identifier, 1n);
  const keyId = inboxIdOf(key.identifier, 1n);
  const safeId = inboxIdOf(safe.identifier, 1n);
  const [signed] = logOf(id, registration) as [SignedIdentityUpdate];
  const [byKey] = logOf(keyId, [found(key)]) as [SignedIdentityUpdate];
  const [bySafe] = logOf(safeId, [found(safe)]) as [SignedIdentityUpdate];
  const uncompressed = p256.Point.fromBytes(key.identifier.publicKey).toBytes(false);
  const bigId = inboxIdOf({ kind: 'passkey', publicKey: uncompressed }, 1n);
  const bigKey: Signer<Identifier> = {
    identifier: { kind: 'passkey', publicKey: uncompressed },
    sign: (text) => ({ ...key.sign(text), publicKey: uncompressed }),
  };
  const upperHex = (proto: IdentityUpdateProto) => {
    const create = actionOf(proto, 0, 'createInbox');
    create.initialIdentifier = create.initialIdentifier.toUpperCase();
  };
  const withClientData = (text: (json: string) => string): Signer<Identifier> => ({
    identifier: key.identifier,
    sign: (signed) => key.signClientData(signed, text),
  });
  const one = (name: string, inboxId: string, update: Uint8Array): LogCase => ({ name, inboxId, updates: [update] });
  const reshape = (name: string, change: (proto: IdentityUpdateProto) => void) =>
    one(name, id, reshaped(signed, change));
  const keyLog = (name: string, signer: Signer<Identifier>) =>
    one(name, keyId, encodeIdentityUpdate(logOf(keyId, [found(signer)])[0] as SignedIdentityUpdate));
  return [
    reshape('unknown action', (proto) => {
      proto.actions.push(create(IdentityActionSchema));
    }),
    reshape('unknown member kind', (proto) => {
      actionOf(proto, 1, 'add').newMemberIdentifier = create(MemberIdentifierSchema);
    }),
    reshape('no member', (proto) => {
      delete actionOf(proto, 1, 'add').newMemberIdentifier;
    }),
    reshape('unknown signature kind', (proto) => {
      actionOf(proto, 1, 'add').newMemberSignature = create(SignatureSchema);
    }),
    reshape('no signature', (proto) => {
      delete actionOf(proto, 0, 'createInbox').initialIdentifierSignature;
    }),
    reshape('identifier kind unspecified', (proto) => {
      actionOf(proto, 0, 'createInbox').initialIdentifierKind = 0;
    }),
    reshape('identifier kind unknown', (proto) => {
      actionOf(proto, 0, 'createInbox').initialIdentifierKind = 7 as IdentifierKind;
    }),
    reshape('address as a passkey', (proto) => {
      actionOf(proto, 0, 'createInbox').initialIdentifierKind = IdentifierKind.PASSKEY;
    }),
    reshape('nonce changed', (proto) => {
      actionOf(proto, 0, 'createInbox').nonce = 2n;
    }),
    reshape('time changed within the second', (proto) => {
      proto.clientTimestampNs += 999_999_999n;
    }),
    reshape('time changed by a second', (proto) => {
      proto.clientTimestampNs += 1_000_000_000n;
    }),
    reshape('installation key of 31 bytes', (proto) => {
      const signature = actionOf(proto, 1, 'add').newMemberSignature?.signature;
      if (signature?.case === 'installationKey') signature.value.publicKey = signature.value.publicKey.slice(1);
    }),
    reshape('unknown fields', (proto) => {
      proto.$unknown = [{ no: 15, wireType: 0, data: Uint8Array.of(1) }];
    }),
    one('passkey written in upper case', keyId, reshaped(byKey, upperHex)),
    one(
      'passkey written with 0x',
      keyId,
      reshaped(byKey, (proto) => {
        const action = actionOf(proto, 0, 'createInbox');
        action.initialIdentifier = `0x${action.initialIdentifier}`;
      }),
    ),
    one(
      'passkey with another relying party',
      keyId,
      reshaped(byKey, (proto) => {
        actionOf(proto, 0, 'createInbox').relyingParty = 'https://elsewhere.example';
      }),
    ),
    one(
      'passkey in uncompressed form',
      bigId,
      encodeIdentityUpdate(logOf(bigId, [found(bigKey)])[0] as SignedIdentityUpdate),
    ),
    one(
      'passkey of another form than its identifier',
      keyId,
      encodeIdentityUpdate(logOf(keyId, [found({ ...key, sign: bigKey.sign })])[0] as SignedIdentityUpdate),
    ),
    ...(
      [
        ['low S', (der: Uint8Array) => derWithS(der, (s) => (s > P256_N / 2n ? P256_N - s : s))],
        ['high S', (der: Uint8Array) => derWithS(der, (s) => (s > P256_N / 2n ? s : P256_N - s))],
        ['a byte after it', (der: Uint8Array) => concatBytes(der, Uint8Array.of(0))],
        ['a padded integer', padded],
        ['no DER around it', (der: Uint8Array) => p256.Signature.fromBytes(der, 'der').toBytes('compact')],
      ] as const
    ).map(([what, change]) =>
      keyLog(`passkey signature with ${what}`, {
        identifier: key.identifier,
        sign: (text) => ({ ...key.sign(text), bytes: change(key.sign(text).bytes) }),
      }),
    ),
    ...(
      [
        [0x05, 21],
        [0x05, 22],
        [0x05, 100],
        [0x05, 103],
        [0x06, 21],
        [0x00, 21],
      ] as const
    ).map(([tag, number]) => {
      const holder = passkey(testKey(number));
      const publicKey = Uint8Array.of(tag, ...holder.identifier.publicKey.subarray(1));
      const inboxId = inboxIdOf({ kind: 'passkey', publicKey }, 1n);
      const signer: Signer<Identifier> = {
        identifier: { kind: 'passkey', publicKey },
        sign: (text) => ({ ...holder.sign(text), publicKey }),
      };
      const [update] = logOf(inboxId, [found(signer)]) as [SignedIdentityUpdate];
      return one(`passkey ${number} with tag ${tag}`, inboxId, encodeIdentityUpdate(update));
    }),
    keyLog(
      'client data without origin',
      withClientData((json) => json.replace(/,"origin":"[^"]*"/, '')),
    ),
    keyLog(
      'client data with a numeric origin',
      withClientData((json) => json.replace(/"origin":"[^"]*"/, '"origin":7')),
    ),
    keyLog(
      'client data with two origins',
      withClientData((json) => json.replace('{', '{"origin":"x",')),
    ),
    keyLog(
      'client data with two types',
      withClientData((json) => json.replace('{', '{"type":"x",')),
    ),
    keyLog(
      'client data with a trailing comma',
      withClientData((json) => json.replace('}', ',}')),
    ),
    keyLog(
      'client data of another type',
      withClientData((json) => json.replace('webauthn.get', 'webauthn.create')),
    ),
    keyLog(
      'client data in an array',
      withClientData((json) => `[${json}]`),
    ),
    keyLog(
      'client data as a positional array',
      withClientData((json) => JSON.stringify([JSON.parse(json).origin, JSON.parse(json).challenge])),
    ),
    keyLog(
      'client data with an escaped second origin',
      withClientData((json) => json.replace('{', '{"or\\u0069gin":"x",')),
    ),
    keyLog(
      'client data with a nested second origin',
      withClientData((json) => json.replace('{', '{"x":{"origin":"x"},')),
    ),
    keyLog(
      'client data with origin as a value',
      withClientData((json) => json.replace('{', '{"x":"origin","y":["origin"],')),
    ),
    keyLog(
      'client data with a lone surrogate',
      withClientData((json) => json.replace('"origin":"', '"origin":"\\ud800')),
    ),
    keyLog(
      'client data as an array of three',
      withClientData((json) => JSON.stringify([JSON.parse(json).origin, JSON.parse(json).challenge, 1])),
    ),
    keyLog(
      'client data with a byte order mark',
      withClientData((json) => `\u{feff}${json}`),
    ),
    keyLog(
      'client data with space around',
      withClientData((json) => ` ${json}\n`),
    ),
    ...(
      [
        ['account id without chain', '0x00000000000000000000000000000000000000a1'],
        ['account id of another namespace', 'cosmos:8453:0x00000000000000000000000000000000000000a1'],
        ['account id with a chain that is no number', 'eip155:base:0x00000000000000000000000000000000000000a1'],
        [
          'account id with a chain over 64 bits',
          'eip155:18446744073709551616:0x00000000000000000000000000000000000000a1',
        ],
        ['account id with a padded chain', 'eip155:08453:0x00000000000000000000000000000000000000a1'],
        ['account id with an upper-case address', 'eip155:8453:0x00000000000000000000000000000000000000A1'],
        ['account id without 0x', 'eip155:8453:00000000000000000000000000000000000000a1'],
        ['account id with a short address', 'eip155:8453:0xa1'],
        ['account id with four parts', 'eip155:8453:0x00000000000000000000000000000000000000a1:1'],
      ] as const
    ).map(([name, accountId]) =>
      one(
        name,
        safeId,
        reshaped(bySafe, (proto) => {
          const signature = actionOf(proto, 0, 'createInbox').initialIdentifierSignature?.signature;
          if (signature?.case === 'erc6492') signature.value.accountId = accountId;
        }),
      ),
    ),
  ];
}
