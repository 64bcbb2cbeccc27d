import { fromHex, toHex } from '@conclave/crypto';
import type { Extension } from '@conclave/mls';
import { describe, expect, it } from 'vitest';
import { EXTENSION } from '../payloads/extension-ids.js';
import { decodeImmutableMetadata, encodeImmutableMetadata } from '../payloads/immutable-metadata.js';
import { decodeGroupMembership, encodeGroupMembership } from '../payloads/membership.js';
import {
  ATTRIBUTE,
  commitLogSigner,
  decodeMutableMetadata,
  encodeMutableMetadata,
  initialMutableMetadata,
  withAttribute,
} from '../payloads/mutable-metadata.js';
import { decodePermissions, encodePermissions } from '../payloads/permissions.js';
import { equalPolicySets, inferPreset, type PolicyPreset, presetPolicies } from '../payloads/policy-presets.js';
import { WireReader } from '../payloads/protobuf-wire.js';
import { type RecordedContext, wireVectors } from '../wire-vectors.testkit.js';
import { changedExtensions, GroupPayloads, initialExtensions, replaceExtension } from './group-payloads.js';

const { group_contexts: recorded, ids } = wireVectors();

function extensionsOf(context: RecordedContext): Extension[] {
  return context.group_context_extensions.map(({ type, data }) => ({ type: Number(type), data: fromHex(data) }));
}

/** The fields of a message, each as hex, sorted: equal for messages that differ in the order of maps only. */
function fieldsOf(bytes: Uint8Array): string[] {
  const fields: string[] = [];
  const reader = new WireReader(bytes);
  while (reader.next()) fields.push(`${reader.field}:${toHex(reader.bytes())}`);
  return fields.sort();
}

/** The PolicySet inside extension 0xff02. */
function policySetBytes(data: Uint8Array): Uint8Array {
  const reader = new WireReader(data);
  expect(reader.next()).toBe(true);
  return reader.bytes();
}

const RECORDED: readonly [PolicyPreset, RecordedContext][] = [
  ['all-members', recorded.group_default],
  ['dm', recorded.dm],
  ['admin-only', recorded.group_admin_only],
];

describe('recorded group contexts', () => {
  it.each(RECORDED)('%s: decodes, and encodes to the same bytes in the same order', (preset, context) => {
    const payloads = new GroupPayloads(extensionsOf(context));
    const { immutableMetadata, mutableMetadata, membership, permissions } = payloads;
    const isDm = preset === 'dm';
    expect(immutableMetadata).toEqual({
      conversationType: isDm ? 'dm' : 'group',
      creatorInboxId: ids.creator_inbox,
      ...(isDm ? { dmMembers: { one: ids.creator_inbox, two: ids.other_inbox } } : {}),
    });
    expect(mutableMetadata.adminList).toEqual([]);
    expect(mutableMetadata.superAdminList).toEqual(isDm ? [] : [ids.creator_inbox]);
    expect(mutableMetadata.attributes.has(ATTRIBUTE.appData)).toBe(!isDm);
    expect(commitLogSigner(mutableMetadata)).toHaveLength(32);
    expect([...membership.members.keys()].sort()).toEqual([ids.creator_inbox, ids.other_inbox].sort());
    expect(membership.failedInstallations).toEqual([]);
    expect(inferPreset(permissions)).toBe(preset);

    // Maps keep the order in which they were read, so the encoding is byte for byte.
    expect(encodeImmutableMetadata(immutableMetadata)).toEqual(payloads.raw(EXTENSION.immutableMetadata));
    expect(encodeMutableMetadata(mutableMetadata)).toEqual(payloads.raw(EXTENSION.mutableMetadata));
    expect(encodeGroupMembership(membership)).toEqual(payloads.raw(EXTENSION.groupMembership));
    expect(encodePermissions(permissions)).toEqual(payloads.raw(EXTENSION.permissions));
  });

  it.each(RECORDED)('%s: our preset is the recorded one up to the order of its map', (preset, context) => {
    const data = new GroupPayloads(extensionsOf(context)).raw(EXTENSION.permissions) as Uint8Array;
    const ours = encodePermissions(presetPolicies(preset));
    expect(ours).toHaveLength(data.length);
    expect(fieldsOf(policySetBytes(ours))).toEqual(fieldsOf(policySetBytes(data)));
  });

  it.each(RECORDED)('%s: a conversation that we create has the recorded metadata', (preset, context) => {
    const theirs = new GroupPayloads(extensionsOf(context));
    const ours = initialMutableMetadata({
      conversationType: preset === 'dm' ? 'dm' : 'group',
      creatorInboxId: ids.creator_inbox,
      groupName: theirs.mutableMetadata.attributes.get(ATTRIBUTE.groupName) ?? '',
      commitLogSigner: commitLogSigner(theirs.mutableMetadata) as Uint8Array,
    });
    expect(fieldsOf(encodeMutableMetadata(ours))).toEqual(
      fieldsOf(theirs.raw(EXTENSION.mutableMetadata) as Uint8Array),
    );
    const extensions = initialExtensions({
      immutableMetadata: theirs.immutableMetadata,
      mutableMetadata: ours,
      membership: theirs.membership,
      permissions: theirs.permissions,
    });
    expect(extensions.map(({ type }) => type)).toEqual([0xf000, 0xff00, 0xff01, 0xff02, 0x0003]);
    const byType = new Map(extensions.map(({ type, data }) => [type, data]));
    expect(byType.get(EXTENSION.requiredCapabilities)).toEqual(theirs.raw(EXTENSION.requiredCapabilities));
    expect(byType.get(EXTENSION.immutableMetadata)).toEqual(theirs.raw(EXTENSION.immutableMetadata));
  });
});

describe('GroupPayloads', () => {
  const extensions = extensionsOf(recorded.group_default);

  it('decodes once, and not again in an epoch with the same bytes', () => {
    const first = new GroupPayloads(extensions);
    expect(first.membership).toBe(first.membership);
    const copied = extensions.map(({ type, data }) => ({ type, data: Uint8Array.from(data) }));
    const second = new GroupPayloads(copied, first);
    expect(second.membership).toBe(first.membership);
    const renamed = changedExtensions(copied, {
      mutableMetadata: withAttribute(first.mutableMetadata, ATTRIBUTE.groupName, 'new'),
    });
    const third = new GroupPayloads(renamed, second);
    expect(third.membership).toBe(first.membership);
    expect(third.mutableMetadata.attributes.get(ATTRIBUTE.groupName)).toBe('new');
    expect(first.mutableMetadata.attributes.get(ATTRIBUTE.groupName)).toBe('hello');
  });

  it('changes one extension by removing it and appending the new one, the others untouched', () => {
    const { mutableMetadata } = new GroupPayloads(extensions);
    const changed = changedExtensions(extensions, { mutableMetadata });
    expect(changed.map(({ type }) => type)).toEqual([0xf000, 0xff02, 0x0003, 0xff01, 0xff00]);
    for (const { type, data } of changed) {
      if (type === EXTENSION.mutableMetadata) continue;
      expect(data).toBe(extensions.find((extension) => extension.type === type)?.data);
    }
    expect(replaceExtension([], 1, Uint8Array.of(2))).toEqual([{ type: 1, data: Uint8Array.of(2) }]);
  });

  it('keeps extensions and attributes that it does not know', () => {
    const unknown = { type: 0xfabc, data: Uint8Array.of(1, 2, 3) };
    const { mutableMetadata } = new GroupPayloads(extensions);
    const changed = changedExtensions([unknown, ...extensions], {
      mutableMetadata: withAttribute(withAttribute(mutableMetadata, 'color', 'red'), ATTRIBUTE.description, 'd'),
    });
    expect(changed[0]).toBe(unknown);
    expect(new GroupPayloads(changed).mutableMetadata.attributes.get('color')).toBe('red');
  });

  it('says which payload is absent or malformed', () => {
    const empty = new GroupPayloads([]);
    for (const read of [
      () => empty.immutableMetadata,
      () => empty.mutableMetadata,
      () => empty.membership,
      () => empty.permissions,
    ]) {
      expect(read).toThrow(
        expect.objectContaining({
          code: 'client/payload-malformed',
          details: expect.objectContaining({ reason: 'absent' }),
        }),
      );
    }
    expect(empty.raw(EXTENSION.permissions)).toBeUndefined();
    expect(empty.equalRaw(EXTENSION.permissions, new GroupPayloads([]))).toBe(true);
    expect(empty.equalRaw(EXTENSION.permissions, new GroupPayloads(extensions))).toBe(false);
  });
});

describe('recorded bytes cut short', () => {
  const decoders: readonly (readonly [number, (data: Uint8Array) => unknown])[] = [
    [EXTENSION.immutableMetadata, decodeImmutableMetadata],
    [EXTENSION.mutableMetadata, decodeMutableMetadata],
    [EXTENSION.groupMembership, decodeGroupMembership],
    [EXTENSION.permissions, decodePermissions],
  ];
  it.each(decoders)('extension %i at every offset gives a value or the error of payloads', (type, decode) => {
    for (const context of Object.values(recorded)) {
      const data = new GroupPayloads(extensionsOf(context)).raw(type) as Uint8Array;
      for (let end = 0; end < data.length; end++) {
        try {
          decode(data.subarray(0, end));
        } catch (error) {
          expect(error).toMatchObject({ name: 'ClientError', code: 'client/payload-malformed' });
        }
      }
      expect(() => decode(Uint8Array.of(...data, 0))).toThrow(
        expect.objectContaining({ code: 'client/payload-malformed' }),
      );
    }
  });
});

describe('presets', () => {
  it('are told apart by decoded comparison', () => {
    const presets = ['all-members', 'admin-only', 'dm'] as const;
    for (const a of presets) {
      for (const b of presets) expect(equalPolicySets(presetPolicies(a), presetPolicies(b))).toBe(a === b);
    }
  });
});
