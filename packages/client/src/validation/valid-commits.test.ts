import { describe, expect, it } from 'vitest';
import { customPolicies, presetPolicies } from '../payloads/policy-presets.js';
import { addCaro, type Change, nothing, rename } from './changes.testkit.js';
import { ALIX, BO, CARO, EXTENSION, garbled, key, leaf, type Scenario, scenario } from './commit.testkit.js';
import { validateCommit } from './commit-rules.js';
import type { ValidatedCommit } from './validated-commit.js';

describe('a valid commit', () => {
  const validatedBy = (change: Change): ValidatedCommit => {
    const verdict = scenario(change).judge();
    if (!verdict.ok) throw new Error(`refused: ${JSON.stringify(verdict.missing ?? verdict.error.details)}`);
    return verdict.validated;
  };

  it('tells who made it and what changed', () => {
    const validated = validatedBy((s) => {
      rename('after')(s);
      addCaro(4, 5)(s);
    });
    expect(validated.actor).toEqual({
      inboxId: ALIX,
      installationId: key(1),
      isAdmin: false,
      isSuperAdmin: true,
    });
    expect(validated.addedInboxes).toEqual([CARO]);
    expect(validated.addedInstallations).toEqual([key(4), key(5)]);
    expect(validated.metadata.attributes).toEqual([{ key: 'group_name', oldValue: 'before', newValue: 'after' }]);
    expect(validated.membershipAfter.members.get(CARO)).toBe(30n);
    expect(validated.membershipBefore.members.has(CARO)).toBe(false);
    expect(validated.immutableMetadataChanged).toBe(false);
  });

  it('may leave out expected installations and use the key of a member', () => {
    expect(validatedBy(addCaro()).addedInboxes).toEqual([CARO]);
    expect(
      validatedBy((s) => {
        s.added = [leaf(ALIX, 1)];
      }).addedInstallations,
    ).toEqual([key(1)]);
  });

  it('may keep a removed installation that had failed to be added, and must not remove it', () => {
    const keepsFailed: Change = (s) => {
      s.before = { ...s.before, membership: { ...s.before.membership, failedInstallations: [key(2)] } };
      s.setMembers({ [BO]: undefined }, [key(2)]);
    };
    expect(validatedBy(keepsFailed).removedInboxes).toEqual([BO]);
    const forgetsFailed = scenario((s) => {
      keepsFailed(s);
      s.setMembers({ [BO]: undefined }, []);
    }).judge();
    expect(forgetsFailed).toMatchObject({ error: { details: { rule: 'removed-installations' } } });
  });

  it('lets a super admin remove and add an installation, also when adding it fails', () => {
    const again = validatedBy((s) => {
      s.removed = [leaf(BO, 2)];
      s.added = [leaf(BO, 2)];
    });
    expect(again.readdedInstallations).toEqual([key(2)]);
    const failed = validatedBy((s) => {
      s.removed = [leaf(BO, 2)];
      s.setMembers({}, [key(2)]);
    });
    expect(failed.readdedInstallations).toEqual([key(2)]);
    expect(failed.removedInboxes).toEqual([]);
  });

  it('accepts an update to a position behind which the log holds nothing new, once it was fetched', () => {
    const phantom: Change = (s) => {
      s.setMembers({ [BO]: 22n });
    };
    expect(scenario(phantom).judge()).toEqual({ ok: false, missing: [{ inboxId: BO, sequenceId: 22n }] });
    const validated = validatedBy((s) => {
      phantom(s);
      s.fetched = true;
    });
    expect(validated.updatedInboxes).toEqual([BO]);
  });

  it('names every state that is missing at once', () => {
    const verdict = scenario((s) => {
      s.before = {
        ...s.before,
        membership: {
          members: new Map([
            [ALIX, 11n],
            [BO, 20n],
          ]),
          failedInstallations: [],
        },
      };
      s.setMembers({ [CARO]: 31n, [BO]: 29n });
    }).judge();
    expect(verdict).toEqual({
      ok: false,
      missing: [
        { inboxId: CARO, sequenceId: 31n },
        { inboxId: BO, sequenceId: 29n },
        { inboxId: ALIX, sequenceId: 11n },
      ],
    });
  });

  it('takes the membership from the proposal when the new context has another', () => {
    const s = scenario(addCaro(4, 5));
    const proposed = s.commit();
    const current = s.context().current.extensions;
    const verdict = validateCommit({ ...proposed, context: { extensions: current } }, s.context());
    expect(verdict).toMatchObject({ ok: true, validated: { addedInboxes: [CARO] } });
  });

  it('reports changed immutable metadata without refusing it', () => {
    const validated = validatedBy((s) => {
      s.nextExtensions = garbled(EXTENSION.immutableMetadata);
    });
    expect(validated.immutableMetadataChanged).toBe(true);
  });

  it('lets the parties of a DM do what DMs allow', () => {
    const dm: Change = (s) => {
      s.before = {
        immutableMetadata: { conversationType: 'dm', creatorInboxId: ALIX, dmMembers: { one: ALIX, two: CARO } },
        mutableMetadata: { ...s.before.mutableMetadata, superAdminList: [] },
        membership: { members: new Map([[ALIX, 10n]]), failedInstallations: [] },
        permissions: presetPolicies('dm'),
      };
    };
    expect(
      validatedBy((s) => {
        dm(s);
        addCaro(4, 5)(s);
      }).addedInboxes,
    ).toEqual([CARO]);
    expect(
      validatedBy((s) => {
        dm(s);
        rename('x')(s);
      }).metadata.attributes,
    ).toHaveLength(1);
    const addsBo = scenario((s) => {
      dm(s);
      s.setMembers({ [BO]: 20n });
    }).judge();
    expect(addsBo).toMatchObject({ error: { details: { guard: 'add-member' } } });
    const addsBoth = scenario((s) => {
      dm(s);
      s.setMembers({ [BO]: 20n, [CARO]: 30n });
    }).judge();
    expect(addsBoth).toMatchObject({ error: { details: { guard: 'add-member' } } });
    const unlisted = scenario((s) => {
      dm(s);
      rename('x', 'unlisted')(s);
    }).judge();
    expect(unlisted).toMatchObject({ error: { details: { guard: 'update-metadata', attribute: 'unlisted' } } });
  });

  it('compares permissions once decoded', () => {
    const reordered = validatedBy((s) => {
      const { updateMetadata, ...rest } = s.before.permissions;
      s.changes = { permissions: { ...rest, updateMetadata: new Map([...updateMetadata].reverse()) } };
    });
    expect(reordered.permissionsChange).toBeUndefined();
    const changed = validatedBy((s) => {
      s.changes = {
        permissions: customPolicies({
          addMember: 'admin',
          removeMember: 'admin',
          addAdmin: 'allow',
          removeAdmin: 'deny',
          updateGroupName: 'allow',
          updateDescription: 'allow',
          updateGroupImageUrlSquare: 'allow',
          updateAppData: 'allow',
          updateMessageDisappearing: 'deny',
        }),
      };
    });
    expect(changed.permissionsChange?.after.addAdmin).toEqual({ kind: 'base', base: 'super-admin' });
  });
});

describe('cost', () => {
  /** A group of many inboxes, and the identity states that judging a commit in it looks at. */
  function crowded(size: number, change: Change): { readonly looked: string[]; readonly s: Scenario } {
    const looked: string[] = [];
    const s = scenario((made) => {
      const crowd = Array.from({ length: size }, (_, i): [string, bigint] => [i.toString(16).padStart(64, '0'), 5n]);
      const members = new Map([...made.before.membership.members, ...crowd]);
      made.before = { ...made.before, membership: { members, failedInstallations: [] } };
      change(made);
    });
    const at = s.states.at.bind(s.states);
    s.states.at = (inboxId, sequenceId) => {
      looked.push(inboxId);
      return at(inboxId, sequenceId);
    };
    return { looked, s };
  }

  it('of a rename or a key update is independent of the members', () => {
    for (const change of [nothing, rename('new')]) {
      const { looked, s } = crowded(3000, change);
      const verdict = s.judge();
      expect(looked).toEqual([ALIX]);
      // Decoded once for both epochs, and not compared entry by entry.
      expect(verdict.ok && verdict.validated.membershipAfter === verdict.validated.membershipBefore).toBe(true);
    }
  });

  it('of adding an inbox is one identity state', () => {
    const { looked, s } = crowded(3000, addCaro(4, 5));
    expect(s.judge()).toMatchObject({ ok: true, validated: { addedInboxes: [CARO] } });
    expect(looked).toEqual([CARO, ALIX]);
  });
});
