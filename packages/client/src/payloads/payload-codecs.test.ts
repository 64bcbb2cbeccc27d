/** Properties of the four codecs, held against the generated code. */
import { concatBytes, utf8 } from '@conclave/crypto';
import {
  decodeProto,
  encodeMessage,
  GroupMembershipSchema,
  GroupMetadataV1Schema,
  GroupMutableMetadataV1Schema,
  GroupMutablePermissionsV1Schema,
  type WireWriter,
} from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CONVERSATION_TYPE_CODE,
  type ConversationType,
  decodeImmutableMetadata,
  encodeImmutableMetadata,
  type ImmutableMetadata,
} from './immutable-metadata.js';
import { decodeGroupMembership, diffMembership, encodeGroupMembership, type GroupMembership } from './membership.js';
import { decodeMutableMetadata, encodeMutableMetadata, type MutableMetadata } from './mutable-metadata.js';
import { decodePermissions, encodePermissions, withPolicy } from './permissions.js';
import { policySetArbitrary } from './policy.testkit.js';
import { equalPolicySets, inferPreset, presetPolicies } from './policy-presets.js';

const TEXT = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '__proto__', 'constructor', '\ufeffname'));
const UINT64 = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const BYTES = fc.uint8Array({ maxLength: 40 });

const IMMUTABLE: fc.Arbitrary<ImmutableMetadata> = fc.record(
  {
    conversationType: fc.constantFrom(...(Object.keys(CONVERSATION_TYPE_CODE) as ConversationType[])),
    creatorInboxId: TEXT,
    dmMembers: fc.record({ one: TEXT, two: TEXT }),
    oneshotMessage: fc.record(
      { readdRequest: fc.record({ groupId: BYTES, latestCommitSequenceId: UINT64 }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['conversationType', 'creatorInboxId'] },
);
const MUTABLE: fc.Arbitrary<MutableMetadata> = fc.record({
  attributes: fc.array(fc.tuple(TEXT, TEXT)).map((entries) => new Map(entries)),
  adminList: fc.array(TEXT),
  superAdminList: fc.array(TEXT),
});
const MEMBERSHIP: fc.Arbitrary<GroupMembership> = fc.record({
  members: fc.array(fc.tuple(TEXT, UINT64)).map((entries) => new Map(entries)),
  failedInstallations: fc.array(BYTES),
});

/** Entries of a generated map; keys that a plain object cannot hold are left out on both sides. */
function comparable<V>(entries: Iterable<readonly [string, V]>): Map<string, V> {
  return new Map([...entries].filter(([key]) => key !== '__proto__').sort(([a], [b]) => (a < b ? -1 : 1)));
}

const malformed = expect.objectContaining({ code: 'client/payload-malformed' });

describe('round trips', () => {
  it('immutable metadata', () => {
    fc.assert(
      fc.property(IMMUTABLE, (value) => {
        const data = encodeImmutableMetadata(value);
        expect(decodeImmutableMetadata(data)).toEqual(value);
        const prefix = data.length > 65 ? 2 : 1;
        const generated = decodeProto(GroupMetadataV1Schema, data.subarray(prefix));
        expect(generated.conversationType).toBe(CONVERSATION_TYPE_CODE[value.conversationType]);
        expect(generated.creatorInboxId).toBe(value.creatorInboxId);
        expect(generated.dmMembers?.dmMemberTwo?.inboxId).toBe(value.dmMembers?.two);
        const readd = generated.oneshotMessage?.messageType;
        expect(readd?.value?.latestCommitSequenceId).toBe(value.oneshotMessage?.readdRequest?.latestCommitSequenceId);
      }),
    );
  });

  it('mutable metadata', () => {
    fc.assert(
      fc.property(MUTABLE, (value) => {
        const data = encodeMutableMetadata(value);
        expect(decodeMutableMetadata(data)).toEqual(value);
        const generated = decodeProto(GroupMutableMetadataV1Schema, data);
        expect(comparable(Object.entries(generated.attributes))).toEqual(comparable(value.attributes));
        expect(generated.adminList?.inboxIds).toEqual(value.adminList);
        expect(generated.superAdminList?.inboxIds).toEqual(value.superAdminList);
      }),
    );
  });

  it('membership', () => {
    fc.assert(
      fc.property(MEMBERSHIP, (value) => {
        const data = encodeGroupMembership(value);
        expect(decodeGroupMembership(data)).toEqual(value);
        const generated = decodeProto(GroupMembershipSchema, data);
        expect(comparable(Object.entries(generated.members))).toEqual(comparable(value.members));
        expect(generated.failedInstallations).toEqual(value.failedInstallations);
      }),
    );
  });

  it('permissions', () => {
    fc.assert(
      fc.property(policySetArbitrary, (value) => {
        const data = encodePermissions(value);
        const decoded = decodePermissions(data);
        expect(decoded).toEqual(value);
        expect(equalPolicySets(decoded, value)).toBe(true);
        const generated = decodeProto(GroupMutablePermissionsV1Schema, data);
        expect(Object.keys(generated.policies?.updateMetadataPolicy ?? {}).sort()).toEqual(
          [...comparable(value.updateMetadata).keys()].sort(),
        );
        const codes = { allow: 1, deny: 2, admin: 3, 'super-admin': 4 };
        if (value.addMember.kind === 'base') {
          expect(generated.policies?.addMemberPolicy?.kind).toEqual({
            case: 'base',
            value: codes[value.addMember.base],
          });
        }
        if (value.addAdmin.kind === 'base') {
          expect(generated.policies?.addAdminPolicy?.kind.value).toBe(codes[value.addAdmin.base] - 1);
        }
      }),
    );
  });
});

describe('any bytes', () => {
  it('give a value or the error of payloads', () => {
    const decoders = [decodeImmutableMetadata, decodeMutableMetadata, decodeGroupMembership, decodePermissions];
    fc.assert(
      fc.property(fc.constantFrom(...decoders), fc.uint8Array({ maxLength: 200 }), (decode, bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'client/payload-malformed' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('give a value or the error of payloads when a good payload is damaged', () => {
    fc.assert(
      fc.property(policySetArbitrary, fc.nat(), fc.nat(255), (policies, at, byte) => {
        const data = Uint8Array.from(encodePermissions(policies));
        data[at % data.length] = byte;
        try {
          decodePermissions(data);
        } catch (error) {
          expect(error).toMatchObject({ code: 'client/payload-malformed' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what the deployed client refuses', () => {
  const policy = (writer: WireWriter, field: number, base: number): void => {
    writer.message(field, (message) => message.enumeration(1, base));
  };
  const permissions = (change: (set: WireWriter) => void, leaveOut?: number): Uint8Array =>
    encodeMessage((outer) => {
      outer.message(1, (set) => {
        for (const field of [1, 2, 4, 5, 6]) if (field !== leaveOut) policy(set, field, 1);
        change(set);
      });
    });

  it('a policy set without one of its policies', () => {
    expect(decodePermissions(permissions(() => {})).updateMetadata.size).toBe(0);
    for (const field of [1, 2, 4, 5, 6])
      expect(() => decodePermissions(permissions(() => {}, field))).toThrow(malformed);
    expect(() => decodePermissions(new Uint8Array())).toThrow(malformed);
  });

  it('bases 0 and unknown, an empty policy, an empty condition', () => {
    for (const [field, bases] of [
      [1, [0, 5, 255]],
      [4, [0, 4, 255]],
    ] as const) {
      for (const base of bases) {
        expect(() => decodePermissions(permissions((set) => policy(set, field, base), field))).toThrow(malformed);
      }
    }
    expect(() => decodePermissions(permissions((set) => set.message(1, () => {}), 1))).toThrow(malformed);
    for (const condition of [2, 3]) {
      const empty = permissions((set) => set.message(1, (message) => message.message(condition, () => {})), 1);
      expect(() => decodePermissions(empty)).toThrow(malformed);
    }
    const emptyEntry = permissions((set) => set.message(3, (entry) => entry.string(1, 'group_name')));
    expect(() => decodePermissions(emptyEntry)).toThrow(malformed);
  });

  /** A permission set whose first policy is `depth` conditions around a base, written from the inside. */
  const nested = (depth: number): Uint8Array => {
    let policyBytes = encodeMessage((message) => message.enumeration(1, 1));
    for (let i = 0; i < depth; i++) {
      const inner = policyBytes;
      policyBytes = encodeMessage((message) => message.message(2, (condition) => condition.element(1, inner)));
    }
    return permissions((set) => set.element(1, policyBytes), 1);
  };

  it('conditions beyond 100 levels of messages', () => {
    // The set and the outermost policy are two levels, each condition two more.
    expect(decodePermissions(nested(49)).addMember.kind).toBe('and');
    expect(() => decodePermissions(nested(50))).toThrow(malformed);
    expect(() => decodePermissions(nested(20_000))).toThrow(malformed);
  });

  it('more policies than anybody needs', () => {
    const wide = permissions((set) => {
      set.message(1, (message) =>
        message.message(3, (condition) => {
          for (let i = 0; i < 65_536; i++) condition.message(1, (inner) => inner.enumeration(1, 1));
        }),
      );
    }, 1);
    expect(() => decodePermissions(wide)).toThrow(malformed);
  });

  it('metadata without both lists of admins', () => {
    const admins = (...fields: readonly number[]): Uint8Array =>
      encodeMessage((writer) => {
        for (const field of fields) writer.message(field, () => {});
      });
    expect(decodeMutableMetadata(admins(2, 3)).adminList).toEqual([]);
    expect(() => decodeMutableMetadata(admins(2))).toThrow(malformed);
    expect(() => decodeMutableMetadata(admins(3))).toThrow(malformed);
  });

  it('conversation types 0 and unknown, and a DM with one member', () => {
    const immutable = (write: (writer: WireWriter) => void): Uint8Array => {
      const message = encodeMessage(write);
      return concatBytes(Uint8Array.of(message.length), message);
    };
    expect(() => decodeImmutableMetadata(immutable(() => {}))).toThrow(malformed);
    expect(() => decodeImmutableMetadata(immutable((writer) => writer.enumeration(1, 5)))).toThrow(malformed);
    const half = immutable((writer) =>
      writer.enumeration(1, 2).message(4, (members) => members.message(1, (inbox) => inbox.string(1, 'a'))),
    );
    expect(() => decodeImmutableMetadata(half)).toThrow(malformed);
    // The outer length prefix is part of the format.
    expect(() => decodeImmutableMetadata(encodeMessage((writer) => writer.enumeration(1, 1)))).toThrow(malformed);
  });
});

describe('what the deployed client merges', () => {
  it('a policy that comes twice', () => {
    const all = encodePermissions(presetPolicies('all-members'));
    const second = encodeMessage((outer) =>
      outer.message(1, (set) => set.message(1, (message) => message.enumeration(1, 2))),
    );
    expect(decodePermissions(concatBytes(all, second)).addMember).toEqual({ kind: 'base', base: 'deny' });
    const condition = (base: number): Uint8Array =>
      encodeMessage((outer) =>
        outer.message(1, (set) =>
          set.message(1, (message) =>
            message.message(2, (and) => and.message(1, (inner) => inner.enumeration(1, base))),
          ),
        ),
      );
    expect(decodePermissions(concatBytes(all, condition(1), condition(2))).addMember).toEqual({
      kind: 'and',
      policies: [
        { kind: 'base', base: 'allow' },
        { kind: 'base', base: 'deny' },
      ],
    });
  });

  it('map entries: the last of a key, fields in any order, defaults for what is absent, unknown fields', () => {
    const data = encodeMessage((writer) => {
      writer.message(1, (entry) => entry.string(1, 'k').string(2, 'first'));
      writer.message(1, (entry) => entry.element(2, utf8('last')).element(7, utf8('unknown')).string(1, 'k'));
      writer.message(1, () => {});
      writer.message(2, () => {}).message(3, () => {});
    });
    expect(decodeMutableMetadata(data).attributes).toEqual(
      new Map([
        ['k', 'last'],
        ['', ''],
      ]),
    );
  });
});

describe('changes of permissions', () => {
  it('replace one policy', () => {
    const before = presetPolicies('all-members');
    expect(withPolicy(before, 'add-member', 'deny').addMember).toEqual({ kind: 'base', base: 'deny' });
    expect(withPolicy(before, 'remove-member', 'allow').removeMember).toEqual({ kind: 'base', base: 'allow' });
    expect(withPolicy(before, 'add-admin', 'allow').addAdmin).toEqual({ kind: 'base', base: 'super-admin' });
    expect(withPolicy(before, 'remove-admin', 'admin').removeAdmin).toEqual({ kind: 'base', base: 'admin' });
    const name = withPolicy(before, { attribute: 'group_name' }, 'admin');
    expect(name.updateMetadata.get('group_name')).toEqual({ kind: 'base', base: 'admin' });
    expect(name.updateMetadata.size).toBe(before.updateMetadata.size);
    expect(inferPreset(name)).toBe('custom');
    expect(inferPreset(withPolicy(name, { attribute: 'group_name' }, 'allow'))).toBe('all-members');
  });

  it('infer a preset whatever attributes are absent or unknown, if they fit', () => {
    const { updateMetadata: _, ...fixed } = presetPolicies('admin-only');
    expect(inferPreset({ ...fixed, updateMetadata: new Map() })).toBe('admin-only');
    expect(inferPreset({ ...fixed, updateMetadata: new Map([['new', { kind: 'base', base: 'admin' }]]) })).toBe(
      'admin-only',
    );
    expect(inferPreset({ ...fixed, updateMetadata: new Map([['new', { kind: 'base', base: 'allow' }]]) })).toBe(
      'custom',
    );
  });
});

describe('diffMembership', () => {
  it('sorts every inbox into one list', () => {
    const map = fc.array(
      fc.tuple(fc.constantFrom<string>('a', 'b', 'c', 'd', '__proto__'), fc.bigInt({ min: 0n, max: 2n })),
    );
    fc.assert(
      fc.property(map, map, (a, b) => {
        const before = { members: new Map(a), failedInstallations: [] };
        const after = { members: new Map(b), failedInstallations: [] };
        const diff = diffMembership(before, after);
        const rebuilt = new Map(before.members);
        for (const inboxId of diff.removed) rebuilt.delete(inboxId);
        for (const inboxId of [...diff.added, ...diff.updated])
          rebuilt.set(inboxId, after.members.get(inboxId) as bigint);
        expect(comparableAll(rebuilt)).toEqual(comparableAll(after.members));
        const back = diffMembership(after, before);
        expect([back.added, back.removed, back.updated]).toEqual([diff.removed, diff.added, diff.updated]);
      }),
    );
  });
});

function comparableAll(members: ReadonlyMap<string, bigint>): [string, bigint][] {
  return [...members].sort(([a], [b]) => (a < b ? -1 : 1));
}
