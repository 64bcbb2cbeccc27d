import { fromHex, toHex } from '@conclave/crypto';
import { expect, it } from 'vitest';
import {
  decryptWithLabel,
  deriveSecret,
  deriveTreeSecret,
  type EncryptLabel,
  encryptWithLabel,
  expandWithLabel,
  type KdfLabel,
  type SignLabel,
  signWithLabel,
  verifyWithLabel,
} from '../../src/crypto/labels.js';
import { refHash } from '../../src/crypto/refs.js';
import { describeVectors, suiteOf } from './vectors.testkit.js';

interface CryptoBasicsCase {
  cipher_suite: number;
  ref_hash: { label: string; value: string; out: string };
  expand_with_label: { secret: string; label: string; context: string; length: number; out: string };
  derive_secret: { secret: string; label: string; out: string };
  derive_tree_secret: { secret: string; label: string; generation: number; length: number; out: string };
  sign_with_label: { priv: string; pub: string; content: string; label: string; signature: string };
  encrypt_with_label: {
    priv: string;
    pub: string;
    label: string;
    context: string;
    plaintext: string;
    kem_output: string;
    ciphertext: string;
  };
}

describeVectors<CryptoBasicsCase>('crypto-basics', (cases) => {
  it.each(cases)('suite $cipher_suite', (vector) => {
    const suite = suiteOf(vector);
    const { ref_hash, expand_with_label, derive_secret, derive_tree_secret } = vector;
    expect(toHex(refHash(suite, ref_hash.label, fromHex(ref_hash.value)))).toBe(ref_hash.out);
    // The vectors use labels of their own, which the types would not let through.
    const expanded = expandWithLabel(
      suite,
      fromHex(expand_with_label.secret),
      expand_with_label.label as KdfLabel,
      fromHex(expand_with_label.context),
      expand_with_label.length,
    );
    expect(toHex(expanded)).toBe(expand_with_label.out);
    expect(toHex(deriveSecret(suite, fromHex(derive_secret.secret), derive_secret.label as KdfLabel))).toBe(
      derive_secret.out,
    );
    const tree = deriveTreeSecret(
      suite,
      fromHex(derive_tree_secret.secret),
      derive_tree_secret.label as 'key',
      derive_tree_secret.generation,
      derive_tree_secret.length,
    );
    expect(toHex(tree)).toBe(derive_tree_secret.out);
  });

  it.each(cases)('suite $cipher_suite: signatures and encryption', (vector) => {
    const suite = suiteOf(vector);
    const { sign_with_label: sign, encrypt_with_label: encrypt } = vector;
    const key = suite.provider.signaturePublicKey(fromHex(sign.pub));
    const label = sign.label as SignLabel;
    expect(verifyWithLabel(key, label, fromHex(sign.signature), fromHex(sign.content))).toBe(true);
    const own = signWithLabel(suite.provider.signaturePrivateKey(fromHex(sign.priv)), label, fromHex(sign.content));
    expect(verifyWithLabel(key, label, own, fromHex(sign.content))).toBe(true);

    const recipient = suite.provider.dhPrivateKey(fromHex(encrypt.priv));
    const [context, plaintext] = [fromHex(encrypt.context), fromHex(encrypt.plaintext)];
    const sealed = { kemOutput: fromHex(encrypt.kem_output), ciphertext: fromHex(encrypt.ciphertext) };
    const encryptLabel = encrypt.label as EncryptLabel;
    expect(decryptWithLabel(suite, recipient, encryptLabel, context, sealed)).toEqual(plaintext);
    const fresh = encryptWithLabel(
      suite,
      fromHex(encrypt.pub),
      encryptLabel,
      context,
      plaintext,
      suite.provider.random,
    );
    expect(decryptWithLabel(suite, recipient, encryptLabel, context, fresh)).toEqual(plaintext);
  });
});
