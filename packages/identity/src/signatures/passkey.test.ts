import { toBase64Url, utf8 } from '@conclave/crypto';
import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { registrationUpdate } from '../build.js';
import { installationIdentifier, passkeyIdentifier } from '../identifier.js';
import { signatureText } from '../signature-text.js';
import { bytesOf, codeOf, readVector } from '../vectors.testkit.js';
import { passkey, testKey } from '../wallet.testkit.js';
import { verifyPasskey } from './passkey.js';
import type { PasskeySignature } from './signature.js';

const vector = readVector<Record<string, string>>('gv08-passkey.json');
const recorded: PasskeySignature = {
  kind: 'p256',
  publicKey: bytesOf(vector.publicKey as string),
  bytes: bytesOf(vector.signatureDer as string),
  authenticatorData: bytesOf(vector.authenticatorData as string),
  clientDataJson: utf8(vector.clientDataJson as string),
};
const text = vector.text as string;

describe('verifyPasskey', () => {
  it('accepts the recorded assertion over the rebuilt text', () => {
    const update = registrationUpdate({
      owner: passkeyIdentifier(vector.publicKey as string),
      nonce: BigInt(vector.nonce as string),
      installation: installationIdentifier(bytesOf(vector.installation as string)),
      clientTimestampNs: BigInt(Date.parse(vector.time as string)) * 1_000_000n,
    });
    expect(update.inboxId).toBe(vector.inboxId);
    expect(signatureText(update)).toBe(text);
    expect(verifyPasskey(text, recorded)).toEqual({
      signer: { kind: 'passkey', publicKey: recorded.publicKey, relyingParty: vector.origin },
      kind: 'p256',
      rawBytes: p256.Signature.fromBytes(recorded.bytes, 'der').toBytes('compact'),
      chainId: undefined,
    });
  });

  it('asks for the text itself as challenge, not its hash', () => {
    expect(JSON.parse(vector.clientDataJson as string).challenge).toBe(toBase64Url(utf8(text)));
    expect(codeOf(() => verifyPasskey(`${text}.`, recorded))).toBe('identity/invalid-signature');
  });

  it.each([
    ['key', { publicKey: passkey(testKey(7)).identifier.publicKey }],
    ['authenticator data', { authenticatorData: new Uint8Array(37) }],
    ['client data', { clientDataJson: utf8(` ${vector.clientDataJson}`) }],
    ['empty key', { publicKey: new Uint8Array(0) }],
    ['empty signature', { bytes: new Uint8Array(0) }],
    ['empty client data', { clientDataJson: new Uint8Array(0) }],
    ['client data that is not UTF-8', { clientDataJson: Uint8Array.of(0xff) }],
    ['client data null', { clientDataJson: utf8('null') }],
  ])('refuses another %s', (_, change) => {
    expect(codeOf(() => verifyPasskey(text, { ...recorded, ...change }))).toBe('identity/invalid-signature');
  });

  it('has an answer or a refusal for any parts', () => {
    const bytes = fc.uint8Array({ maxLength: 80 });
    const json = fc.json().map(utf8);
    fc.assert(
      fc.property(
        bytes,
        bytes,
        bytes,
        fc.oneof(bytes, json),
        (publicKey, signature, authenticatorData, clientDataJson) => {
          const parts = { kind: 'p256', publicKey, bytes: signature, authenticatorData, clientDataJson } as const;
          expect(codeOf(() => verifyPasskey(text, parts))).toBe('identity/invalid-signature');
        },
      ),
    );
  });

  it('is not slowed down by hostile client data', () => {
    const deep = `{"challenge":"${toBase64Url(utf8(text))}","origin":"o","x":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    const quotes = `{"challenge":"${toBase64Url(utf8(text))}","origin":"o","x":"${'\\"'.repeat(50_000)}"}`;
    for (const json of [deep, quotes]) {
      expect(codeOf(() => verifyPasskey(text, { ...recorded, clientDataJson: utf8(json) }))).toBe(
        'identity/invalid-signature',
      );
    }
  });
});
