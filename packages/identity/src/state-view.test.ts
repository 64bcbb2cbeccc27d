import { describe, expect, it } from 'vitest';
import { add, alice, bob, key, laptop, logOf, phone, registration, revoke } from './actors.testkit.js';
import { applyUpdates } from './apply-update.js';
import { inboxIdOf } from './inbox-id.js';
import { diffStates, hasInstallation, identifiersOf, installationsOf, isMember, membersOf } from './state-view.js';
import { verifyUpdate } from './verify.js';
import { testContext } from './wallet.testkit.js';

const inboxId = inboxIdOf(alice.identifier);
const updates = logOf(
  inboxId,
  registration,
  [add(laptop, alice), add(bob, alice)],
  [add(key, phone)],
  [revoke(bob, alice), revoke(phone, alice)],
).map((update) => verifyUpdate(testContext, update));
const grown = applyUpdates(undefined, updates.slice(0, 3));
const shrunk = applyUpdates(grown, updates.slice(3));

describe('views', () => {
  it('sort by time, the creator last', () => {
    expect(membersOf(grown).map(({ identifier }) => identifier)).toEqual([
      phone.identifier,
      laptop.identifier,
      bob.identifier,
      { ...key.identifier, relyingParty: 'https://example.org' },
      alice.identifier,
    ]);
    expect(identifiersOf(grown).map(({ kind }) => kind)).toEqual(['ethereum', 'passkey', 'ethereum']);
    expect(installationsOf(grown)).toEqual([
      { publicKey: phone.identifier.publicKey, clientTimestampNs: updates[0]?.clientTimestampNs },
      { publicKey: laptop.identifier.publicKey, clientTimestampNs: updates[1]?.clientTimestampNs },
    ]);
  });

  it('tell members from strangers', () => {
    expect(isMember(grown, bob.identifier)).toBe(true);
    expect(isMember(shrunk, bob.identifier)).toBe(false);
    expect(hasInstallation(shrunk, laptop.identifier.publicKey)).toBe(true);
    expect(hasInstallation(shrunk, phone.identifier.publicKey)).toBe(false);
  });
});

describe('diffStates', () => {
  it('lists who came and who went', () => {
    expect(diffStates(grown, shrunk)).toEqual({
      newMembers: [],
      removedMembers: [phone.identifier, bob.identifier],
    });
    expect(diffStates(shrunk, grown)).toEqual({
      newMembers: [phone.identifier, bob.identifier],
      removedMembers: [],
    });
  });

  it('takes everyone as new without a state before', () => {
    expect(diffStates(undefined, shrunk).newMembers).toHaveLength(shrunk.members.size);
  });

  it('says nothing of a member that was added again', () => {
    const [, again] = logOf(inboxId, [], [], [add(bob, key)]).slice(1);
    const state = applyUpdates(grown, [verifyUpdate(testContext, again as NonNullable<typeof again>)]);
    expect(diffStates(grown, state)).toEqual({ newMembers: [], removedMembers: [] });
    expect(state.members).not.toEqual(grown.members);
  });
});
