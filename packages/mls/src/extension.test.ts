import { decodeTls, encodeTls } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectMalformed } from './codec.testkit.js';
import { readCredential, writeCredential } from './crypto/credential.js';
import { decodeExactly } from './errors.js';
import {
  encodeRequiredCapabilities,
  findExtension,
  readExtensions,
  requiredCapabilitiesOf,
  writeExtensions,
} from './extension.js';
import { GREASE_VALUES, greaseCapabilities, greaseExtension, isGrease } from './grease.js';
import { readCapabilities, writeCapabilities } from './tree/capabilities.js';
import { decodeParentNode, encodeParentNode } from './tree/parent-node.js';
import { CAPABILITIES, seededRandom } from './tree/tree.testkit.js';
import { validateExtensions } from './validation/content-validation.js';
import { expectRule } from './validation/expect-rule.testkit.js';
import { RFC_POLICY } from './validation/policy.js';

const uint16 = fc.nat(0xffff);
const bytes = fc.uint8Array({ maxLength: 100 });
const lists = fc.array(uint16, { maxLength: 40 });

describe('codecs of leaf parts', () => {
  it('extensions round-trip in their order, unknown types and duplicates included', () => {
    const extension = fc.record({ type: uint16, data: bytes });
    fc.assert(
      fc.property(fc.array(extension, { maxLength: 10 }), (extensions) => {
        const encoded = encodeTls(extensions, writeExtensions);
        expect(decodeTls(encoded, readExtensions)).toEqual(extensions);
        for (let length = 0; length < encoded.length; length++) {
          expectMalformed(() => decodeExactly('Extension', encoded.subarray(0, length), readExtensions));
        }
      }),
    );
  });

  it('capabilities round-trip', () => {
    const capabilities = fc.record({
      ...{ versions: lists, cipherSuites: lists, extensions: lists, proposals: lists, credentials: lists },
    });
    fc.assert(
      fc.property(capabilities, (value) => {
        expect(decodeTls(encodeTls(value, writeCapabilities), readCapabilities)).toEqual(value);
      }),
    );
  });

  it('parents round-trip', () => {
    const leaves = fc.array(fc.nat(0xffff_ffff), { maxLength: 20 });
    fc.assert(
      fc.property(bytes, bytes, leaves, (encryptionKey, parentHash, unmergedLeaves) => {
        const parent = { encryptionKey, parentHash, unmergedLeaves };
        expect(decodeParentNode(encodeParentNode(parent))).toEqual(parent);
      }),
    );
  });

  it('credentials round-trip, those of unknown types too', () => {
    const credentials = [
      { type: 1, identity: new Uint8Array([1, 2]) } as const,
      { type: 2, raw: new Uint8Array([2, 9, 9, 0]) } as const,
      { type: 0xf00d, raw: new Uint8Array([7]) },
    ];
    for (const credential of credentials) {
      expect(decodeTls(encodeTls(credential, writeCredential), readCredential)).toEqual(credential);
    }
    expectMalformed(() => decodeExactly('Credential', new Uint8Array([0, 3]), readCredential));
    expectMalformed(() => decodeExactly('Credential', new Uint8Array([0, 2, 2, 5]), readCredential));
  });
});

describe('validateExtensions', () => {
  const data = new Uint8Array(0);

  it('knows where the types of RFC 9420 may stand', () => {
    const required = {
      type: 3,
      data: encodeRequiredCapabilities({ extensions: [1], proposals: [], credentials: [1] }),
    };
    expect(() =>
      validateExtensions([required, { type: 5, data: new Uint8Array(1) }], 'group-context', RFC_POLICY),
    ).not.toThrow();
    expectRule('extension-content', () => validateExtensions([required], 'key-package', RFC_POLICY));
    expectRule('extension-content', () => validateExtensions([{ type: 2, data }], 'group-context', RFC_POLICY));
    expectRule('extension-content', () => validateExtensions([{ type: 3, data }], 'group-context', RFC_POLICY));
    expectRule('duplicate-extension', () =>
      validateExtensions(
        [
          { type: 0xff00, data },
          { type: 0xff00, data },
        ],
        'group-context',
        RFC_POLICY,
      ),
    );
  });

  it('finds and decodes required_capabilities', () => {
    const value = { extensions: [0xff01, 0xff00, 0xff02, 0xf000, 0x000a, 1], proposals: [7], credentials: [1] };
    const encoded = encodeRequiredCapabilities(value);
    expect(encoded).toHaveLength(19);
    expect(requiredCapabilitiesOf([{ type: 3, data: encoded }])).toEqual(value);
    expect(requiredCapabilitiesOf([])).toBeUndefined();
    const repeated = { extensions: [5, 6, 5, 5], proposals: [7, 7], credentials: [1, 1, 1] };
    expect(requiredCapabilitiesOf([{ type: 3, data: encodeRequiredCapabilities(repeated) }])).toEqual({
      extensions: [5, 6],
      proposals: [7],
      credentials: [1],
    });
    expect(findExtension([{ type: 9, data }], 9)).toBe(data);
    expectMalformed(() => requiredCapabilitiesOf([{ type: 3, data: encoded.subarray(1) }]));
  });
});

describe('GREASE', () => {
  it('has the reserved values and adds one to each list that may carry one', () => {
    expect(GREASE_VALUES.map((value) => value.toString(16))).toContain('a0a');
    expect(GREASE_VALUES).toHaveLength(15);
    expect(GREASE_VALUES.at(-1)).toBe(0xeaea);
    const random = seededRandom('grease');
    const greased = greaseCapabilities(CAPABILITIES, random);
    expect(greased.versions).toEqual(CAPABILITIES.versions);
    for (const field of ['cipherSuites', 'extensions', 'proposals', 'credentials'] as const) {
      expect(greased[field].slice(0, -1)).toEqual(CAPABILITIES[field]);
      expect(isGrease(greased[field].at(-1) as number)).toBe(true);
    }
    const extension = greaseExtension(random);
    expect(isGrease(extension.type)).toBe(true);
    expect(() => validateExtensions([extension], 'key-package', RFC_POLICY)).not.toThrow();
    // A generator that gives the one byte without a share is asked again.
    let calls = 0;
    expect(isGrease(greaseExtension((length) => new Uint8Array(length).fill(calls++ === 0 ? 255 : 3)).type)).toBe(true);
  });
});
