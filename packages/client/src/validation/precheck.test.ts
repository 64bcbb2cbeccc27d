import { describe, expect, it } from 'vitest';
import { changedExtensions } from '../app-data/group-payloads.js';
import { ATTRIBUTE, withAttribute } from '../payloads/mutable-metadata.js';
import { ALIX, BO, CARO, key, leaf, type Scenario, scenario } from './commit.testkit.js';
import { precheckCommit } from './precheck.js';

const alix = { inboxId: ALIX, installationId: key(1) };
const bo = { inboxId: BO, installationId: key(2) };

function rename(s: Scenario, attribute: string, value: string) {
  const current = s.context().current.extensions;
  return changedExtensions(current, { mutableMetadata: withAttribute(s.before.mutableMetadata, attribute, value) });
}

describe('precheckCommit', () => {
  it('comes to the verdict of the receivers', () => {
    const s = scenario((made) => {
      made.setMembers({ [CARO]: 30n });
      made.added = [leaf(CARO, 4), leaf(CARO, 5)];
    });
    const plan = { actor: alix, extensions: s.commit().context.extensions, added: [key(4), key(5)] };
    const planned = precheckCommit(plan, s.context());
    const received = s.judge();
    expect(planned).toMatchObject({ ok: true, validated: { addedInboxes: [CARO], actor: { inboxId: ALIX } } });
    expect(received).toMatchObject({ ok: true, validated: { addedInboxes: [CARO], actor: { inboxId: ALIX } } });
  });

  it('allows a key update to every member', () => {
    expect(precheckCommit({ actor: bo }, scenario().context())).toMatchObject({ ok: true });
  });

  it('refuses what permissions forbid', () => {
    const s = scenario();
    const extensions = rename(s, ATTRIBUTE.messageDisappearInNs, '1');
    expect(precheckCommit({ actor: bo, extensions }, s.context())).toMatchObject({
      ok: false,
      error: {
        code: 'client/permission-denied',
        details: { guard: 'update-metadata', attribute: 'message_disappear_in_ns' },
      },
    });
  });

  it('tells a value that is too long from a broken commit', () => {
    const s = scenario();
    const extensions = rename(s, ATTRIBUTE.groupName, 'x'.repeat(101));
    expect(precheckCommit({ actor: bo, extensions }, s.context())).toMatchObject({
      ok: false,
      error: { code: 'client/value-too-long', details: { attribute: 'group_name', maxBytes: 100 } },
    });
  });

  it('refuses to demand a version that this client does not have', () => {
    const s = scenario();
    const extensions = rename(s, ATTRIBUTE.minimumSupportedProtocolVersion, '99.0.0');
    expect(precheckCommit({ actor: alix, extensions }, s.context())).toMatchObject({
      ok: false,
      error: { code: 'client/group-paused' },
    });
  });

  it('names missing states', () => {
    const s = scenario((made) => {
      made.setMembers({ [CARO]: 44n });
    });
    const plan = { actor: alix, extensions: s.commit().context.extensions };
    expect(precheckCommit(plan, s.context())).toEqual({ ok: false, missing: [{ inboxId: CARO, sequenceId: 44n }] });
  });
});
