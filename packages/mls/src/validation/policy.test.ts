import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { getCipherSuite } from '../crypto/cipher-suite.js';
import { MLS_ERRORS, MlsError } from '../errors.js';
import { expectRule } from './expect-rule.testkit.js';
import { check, createPolicy, RFC_POLICY, refuse, XMTP_POLICY } from './policy.js';
import { RULES, type RuleName } from './rules.js';

const names = Object.keys(RULES) as RuleName[];

describe('rules', () => {
  it.each(names)('%s has a section and a sentence', (name) => {
    const { section, sentence } = RULES[name];
    expect(section).toMatch(/^\d+(\.\d+)*$|^libxmtp 1\.10\.0$|^Conclave$|^draft-ietf-mls-extensions$/);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});

describe('policies', () => {
  it('refuse what they enforce, with the rule and its section, and let pass what they waive', () => {
    const lenient = createPolicy('lenient', ['parent-hash']);
    expect(() => refuse(lenient, 'parent-hash')).not.toThrow();
    expectRule('parent-hash', () => refuse(RFC_POLICY, 'parent-hash', { node: 3 }));
    expect(() => refuse(RFC_POLICY, 'parent-hash', { node: 3 })).toThrow(
      expect.objectContaining({ details: { rule: 'parent-hash', section: '7.9.2', node: 3 } }),
    );
  });

  it('ask no question whose answer does not matter', () => {
    let asked = 0;
    const ask = () => asked++ < 0;
    check(createPolicy('lenient', ['parent-hash']), 'parent-hash', ask);
    expect(asked).toBe(0);
    expectRule('parent-hash', () => check(RFC_POLICY, 'parent-hash', ask));
    expect(() => check(RFC_POLICY, 'parent-hash', true)).not.toThrow();
  });

  it('differ in what they waive', () => {
    const waived = (policy: typeof RFC_POLICY) => names.filter((name) => !policy.enforces(name));
    const deployed = ['reinit-suite', 'add-init-keys', 'context-extension-required'];
    const lenient = ['joined-leaf-lifetime', 'path-ciphertexts', 'proposals-committed'];
    expect(waived(RFC_POLICY).sort()).toEqual(['key-package-lifetime-range', ...deployed].sort());
    expect(waived(XMTP_POLICY).sort()).toEqual(lenient);
  });
});

describe('errors', () => {
  it('name the code, and the suites that are not implemented', () => {
    const error = new MlsError('mls/removed');
    expect([error.code, error.name, error.message]).toEqual([
      'mls/removed',
      'MlsError',
      MLS_ERRORS['mls/removed'].message,
    ]);
    for (const id of [0, 2, 0x004d, 0xffff]) {
      expect(() => getCipherSuite(id, nodeCrypto)).toThrow(
        expect.objectContaining({ code: 'mls/unsupported-suite', details: { suite: id } }),
      );
    }
    expect([1, 3].map((id) => getCipherSuite(id, nodeCrypto).keyLength)).toEqual([16, 32]);
  });
});
