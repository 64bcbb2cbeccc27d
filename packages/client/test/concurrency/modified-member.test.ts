/**
 * Commits that only a modified client sends. Whether a deployed client follows them decides what ours does, or the members are parted:
 * `interop/scenarios/modified-member.mjs` asks it about each kind there is.
 */
import { utf8 } from '@conclave/crypto';
import { create, DeleteMessageSchema, EncodedContentSchema, type GroupMessage_V1, toBinary } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { changedExtensions } from '../../src/app-data/group-payloads.js';
import { groupOf, syncAll } from '../../src/commit-log/installations.testkit.js';
import { takePushed } from '../../src/groups/pushed-message.js';
import { EXTENSION } from '../../src/payloads/extension-ids.js';
import { withAttribute } from '../../src/payloads/mutable-metadata.js';
import { listRejectedEnvelopes } from '../../src/store/rejected-envelopes.js';
import { text } from '../scenario/talk.testkit.js';
import { crowd, encryptedHere, type Person, post, say, stateAt, textsAt } from './people.testkit.js';

async function aliceAndBob() {
  const { world, people } = await crowd('alice', 'bob');
  const [alice, bob] = people as [Person, Person];
  const id = await groupOf({ world, members: people });
  const { mls, payloads } = alice.ctx.liveGroups.get(id);
  const { random } = alice.ctx.host;
  const refused = () => listRejectedEnvelopes(bob.ctx.db, id).map(({ rule }) => rule);
  return { world, alice, bob, id, mls, payloads, random, refused };
}

function deletion(messageId: string): Uint8Array {
  const type = { authorityId: 'xmtp.org', typeId: 'deleteMessage', versionMajor: 1, versionMinor: 0 };
  const content = toBinary(DeleteMessageSchema, create(DeleteMessageSchema, { messageId }));
  return toBinary(EncodedContentSchema, create(EncodedContentSchema, { type, content }));
}

describe('a member with a modified client', () => {
  it('who commits proposals by reference is not followed', async () => {
    const { world, alice, bob, id, mls, payloads, random, refused } = await aliceAndBob();
    const before = stateAt(bob, id);
    const mutableMetadata = withAttribute(payloads.mutableMetadata, 'group_name', 'renamed');
    const extensions = changedExtensions(payloads.extensions, { mutableMetadata });
    const proposed = mls.createProposal({ proposal: { type: 'group-context-extensions', extensions }, random });
    const commit = mls.createCommit({ proposals: [], includePending: [proposed.reference], random });
    post(world.node, id, proposed.message, commit.message);
    // Also where the proposal came by itself, before its turn.
    const [envelope] = (world.node.groupMessages.get(id) ?? []).slice(-2);
    takePushed(bob.ctx, id, envelope?.version.value as GroupMessage_V1);
    await syncAll([bob]);
    expect(stateAt(bob, id)).toEqual(before);
    expect(refused()).toContain('proposal-reference');
    expect(bob.ctx.liveGroups.get(id).mls.pendingProposals).toEqual([]);
    alice.ctx.liveGroups.drop(id);
    await say(bob, id, 'still here');
    await syncAll([alice]);
    expect(textsAt(alice, id)).toContain('still here');
  });

  it('who reinitializes the group ends it for nobody', async () => {
    const { world, alice, bob, id, mls, random } = await aliceAndBob();
    const reinit = { type: 'reinit', groupId: utf8('another'), version: 1, suite: 3, extensions: [] } as const;
    const { message, staged } = mls.createCommit({ proposals: [reinit], random });
    post(world.node, id, message);
    mls.merge(staged);
    await syncAll([bob]);
    expect(stateAt(bob, id).epochAuthenticator).toEqual(mls.epochAuthenticator);
    await say(bob, id, 'still here');
    await syncAll([bob]);
    expect(textsAt(bob, id)).toContain('still here');
    expect(alice.ctx.liveGroups.get(id).mls.status).toBe('active');
  });

  it.each([
    ['takes the immutable metadata away', undefined],
    ['makes them unreadable', Uint8Array.of(1, 0xff)],
    ['calls the group a sync group', Uint8Array.of(2, 8, 3)],
  ])('who %s stops the changes, as with deployed clients, and not the talk', async (_, data) => {
    const { world, alice, bob, id, mls, payloads, random } = await aliceAndBob();
    const rest = payloads.extensions.filter(({ type }) => type !== EXTENSION.immutableMetadata);
    const extensions = data === undefined ? rest : [...rest, { type: EXTENSION.immutableMetadata, data }];
    const commit = mls.createCommit({ proposals: [{ type: 'group-context-extensions', extensions }], random });
    post(world.node, id, commit.message);
    mls.merge(commit.staged);
    await syncAll([bob]);
    expect(stateAt(bob, id).epochAuthenticator).toEqual(mls.epochAuthenticator);
    const target = await say(bob, id, 'still here');
    post(
      world.node,
      id,
      encryptedHere(alice, id, text('so am I'), 'key'),
      encryptedHere(alice, id, deletion(target), 'key'),
    );
    await syncAll([bob]);
    expect(textsAt(bob, id)).toEqual(['still here', 'so am I']);
    expect(listRejectedEnvelopes(bob.ctx.db, id)).toEqual([]);
  });
});
