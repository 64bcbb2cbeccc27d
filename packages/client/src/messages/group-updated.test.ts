import { fromHex, toHex } from '@conclave/crypto';
import { decodeProto, EncodedContentSchema, type GroupUpdated, GroupUpdatedSchema } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTE, withAdminListChange, withAttribute } from '../payloads/mutable-metadata.js';
import { withPolicy } from '../payloads/permissions.js';
import { ALIX, BO, CARO, leaf, type Scenario, scenario } from '../validation/commit.testkit.js';
import { commitKind, type ValidatedCommit } from '../validation/validated-commit.js';
import { wireVectors } from '../wire-vectors.testkit.js';
import { contentInfo } from './content-info.js';
import { commitTranscript, joinTranscript } from './group-updated.js';

const { group_updated: recorded, ids } = wireVectors();
const nobody = (_inboxId: string): boolean => false;

function validated(change: (s: Scenario) => void): ValidatedCommit {
  const verdict = scenario(change).judge();
  if (!verdict.ok) throw new Error('the scenario was refused');
  return verdict.validated;
}

function transcriptOf(change: (s: Scenario) => void, isPendingRemove = nobody): GroupUpdated | undefined {
  const content = commitTranscript(validated(change), isPendingRemove);
  if (content === undefined) return undefined;
  expect(contentInfo(content)).toMatchObject({ contentType: 'group-updated', versionMajor: 1, versionMinor: 0 });
  return decodeProto(GroupUpdatedSchema, decodeProto(EncodedContentSchema, content).content);
}

/** The commit of a scenario, with the inboxes of the recording in place of its own. */
function recordedAs(commit: ValidatedCommit): ValidatedCommit {
  const rename = (inboxId: string): string => (inboxId === ALIX ? ids.creator_inbox : ids.other_inbox);
  return {
    ...commit,
    actor: { ...commit.actor, inboxId: rename(commit.actor.inboxId) },
    addedInboxes: commit.addedInboxes.map(rename),
    metadata: { ...commit.metadata, addedAdmins: commit.metadata.addedAdmins.map(rename) },
  };
}

const addCaro = (s: Scenario): void => {
  s.setMembers({ [CARO]: 30n });
  s.added = [leaf(CARO, 4), leaf(CARO, 5)];
};
const rename =
  (from: string, to: string) =>
  (s: Scenario): void => {
    s.before = { ...s.before, mutableMetadata: withAttribute(s.before.mutableMetadata, ATTRIBUTE.groupName, from) };
    s.changes = { mutableMetadata: withAttribute(s.before.mutableMetadata, ATTRIBUTE.groupName, to) };
  };
const removeBo = (s: Scenario): void => {
  s.setMembers({ [BO]: undefined });
  s.removed = [leaf(BO, 2)];
};
const promoteBo = (s: Scenario): void => {
  const change = { list: 'admin', action: 'add', inboxId: BO } as const;
  s.changes = { mutableMetadata: withAdminListChange(s.before.mutableMetadata, change) };
};

describe('transcripts', () => {
  it('are the bytes of the real client', () => {
    const [added, renamed, promoted] = recorded.map(({ encoded_content: content }) => content);
    const ofAdd = commitTranscript(recordedAs(validated(addCaro)), nobody) as Uint8Array;
    expect(toHex(ofAdd)).toBe(added);
    const ofRename = commitTranscript(recordedAs(validated(rename('hello', 'x2'))), nobody) as Uint8Array;
    expect(toHex(ofRename)).toBe(renamed);
    const ofPromotion = commitTranscript(recordedAs(validated(promoteBo)), nobody) as Uint8Array;
    expect(toHex(ofPromotion)).toBe(promoted);
    expect(joinTranscript(ids.creator_inbox, ids.other_inbox)).toEqual(fromHex(added as string));
  });

  it('tell apart who was removed and who left', () => {
    expect(transcriptOf(removeBo)).toMatchObject({ removedInboxes: [{ inboxId: BO }], leftInboxes: [] });
    expect(transcriptOf(removeBo, (inboxId) => inboxId === BO)).toMatchObject({
      initiatedByInboxId: ALIX,
      removedInboxes: [],
      leftInboxes: [{ inboxId: BO }],
    });
  });

  it('tell changes of roles', () => {
    const roles = (list: 'admin' | 'super-admin') =>
      transcriptOf((s) => {
        s.changes = {
          mutableMetadata: withAdminListChange(s.before.mutableMetadata, { list, action: 'add', inboxId: BO }),
        };
      });
    expect(roles('admin')).toMatchObject({ addedAdminInboxes: [{ inboxId: BO }], addedSuperAdminInboxes: [] });
    expect(roles('super-admin')).toMatchObject({ addedAdminInboxes: [], addedSuperAdminInboxes: [{ inboxId: BO }] });
    const removed = transcriptOf((s) => {
      s.before = {
        ...s.before,
        mutableMetadata: { ...s.before.mutableMetadata, superAdminList: [ALIX, BO], adminList: [BO] },
      };
      s.changes = { mutableMetadata: { ...s.before.mutableMetadata, superAdminList: [ALIX], adminList: [] } };
    });
    expect(removed).toMatchObject({
      removedAdminInboxes: [{ inboxId: BO }],
      removedSuperAdminInboxes: [{ inboxId: BO }],
    });
  });

  it('tell attributes that appear and disappear', () => {
    const changed = transcriptOf((s) => {
      const attributes = new Map(s.before.mutableMetadata.attributes);
      attributes.delete(ATTRIBUTE.description);
      attributes.set('color', 'red');
      s.changes = { mutableMetadata: { ...s.before.mutableMetadata, attributes } };
    });
    expect(changed?.metadataFieldChanges).toMatchObject([
      { fieldName: 'color', newValue: 'red' },
      { fieldName: 'description', oldValue: '' },
    ]);
    expect(changed?.metadataFieldChanges[0]?.oldValue).toBeUndefined();
    expect(changed?.metadataFieldChanges[1]?.newValue).toBeUndefined();
  });

  it('are not written for key updates, installations and permissions', () => {
    const silent: readonly (readonly [string, (s: Scenario) => void])[] = [
      ['key-update', () => {}],
      [
        'update-group-membership',
        (s) => {
          s.setMembers({ [BO]: 25n });
          s.added = [leaf(BO, 3)];
        },
      ],
      [
        'update-permission',
        (s) => {
          s.changes = { permissions: withPolicy(s.before.permissions, 'add-member', 'admin') };
        },
      ],
    ];
    for (const [kind, change] of silent) {
      expect(transcriptOf(change)).toBeUndefined();
      expect(commitKind(validated(change))).toBe(kind);
    }
    expect(commitKind(validated(addCaro))).toBe('update-group-membership');
    expect(commitKind(validated(rename('a', 'b')))).toBe('metadata-update');
  });

  it('are written for every commit while a minimum version is set, as by the real client', () => {
    const gated = transcriptOf((s) => {
      const { minimumSupportedProtocolVersion } = ATTRIBUTE;
      s.before = {
        ...s.before,
        mutableMetadata: withAttribute(s.before.mutableMetadata, minimumSupportedProtocolVersion, '1.6.0'),
      };
    });
    expect(gated).toMatchObject({ initiatedByInboxId: ALIX, addedInboxes: [], metadataFieldChanges: [] });
  });
});
