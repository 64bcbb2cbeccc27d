import { utf8 } from '@conclave/crypto';
import { create, EncodedContentSchema, type GroupMessage_V1, GroupMessageInputSchema, toBinary } from '@conclave/proto';
import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { company, groupOf, rename } from '../commit-log/installations.testkit.js';
import { registeredInstallation, type TestInstallation } from '../context.testkit.js';
import { groupLock } from '../groups/live-groups.js';
import { sendMessage } from '../groups/send-message.js';
import { settleChange } from '../groups/settle-change.js';
import { NS_PER_SECOND } from '../host.js';
import type { Network } from '../network/network.js';
import { getConversation } from '../store/conversations.js';
import { listMessages } from '../store/message-query.js';
import { Connection, MAX_WAITING } from './connection.js';

type Answer = { messages: { version: { value: GroupMessage_V1 } }[] };

async function sendText({ ctx }: TestInstallation, id: string, words: string): Promise<void> {
  const content = create(EncodedContentSchema, { type: { typeId: 'text' }, content: utf8(words) });
  await sendMessage(ctx, id, toBinary(EncodedContentSchema, content), {});
}

async function pair() {
  const { world, members } = await company('alice', 'bob');
  const [alice, bob] = members as [TestInstallation, TestInstallation];
  const id = await groupOf({ world, members });
  const say = (words: string): Promise<void> => sendText(alice, id, words);
  const heard = (groupId = id): number =>
    listMessages(bob.ctx.db, { groupIds: [groupId], nowNs: world.host.nowNs() }).filter(
      ({ kind }) => kind === 'application',
    ).length;
  const newest = (): GroupMessage_V1 => {
    const value = world.node.groupMessages.get(id)?.at(-1)?.version.value;
    if (value === undefined) throw new RangeError('nothing was sent');
    return value;
  };
  return { world, members, alice, bob, id, say, heard, newest };
}

/** A connection of somebody's, perhaps over another view of the node; ended by `close`. */
function connect({ ctx }: TestInstallation, network: Partial<Network> = {}) {
  const controller = new AbortController();
  const connection = new Connection({ ...ctx, network: { ...ctx.network, ...network } });
  const running = connection.run(controller.signal, () => {});
  return {
    quiet: async () => {
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => {
      controller.abort();
      return running;
    },
  };
}

describe('a stream of several groups', () => {
  it('goes on for all others while the node keeps one waiting', async () => {
    const { world, members, alice, bob, id, say, heard } = await pair();
    const [slow, carol] = [await groupOf({ world, members }), await registeredInstallation(world, testWallet('carol'))];
    const { quiet, close } = connect(bob);
    await quiet();
    let answer = (): void => {};
    bob.network.hooks.before = (method) => {
      if (method !== 'getIdentityUpdates') return;
      return new Promise<void>((resolve) => {
        answer = resolve;
      });
    };
    await settleChange(alice.ctx, slow, 'update-membership', { add: [carol.ctx.identity.inboxId], remove: [] });
    await sendText(alice, slow, 'with carol');
    await say('elsewhere');
    await quiet();
    expect([heard(id), heard(slow)]).toEqual([1, 0]);
    answer();
    await quiet();
    expect([heard(id), heard(slow)]).toEqual([1, 1]);
    await close();
  });

  it('keeps what one is sent only up to a bound, and loses none of it', async () => {
    const { alice, bob, id, heard } = await pair();
    const { quiet, close } = connect(bob);
    await quiet();
    let release = (): void => {};
    const busy = bob.ctx.locks.run(groupLock(id), () => new Promise<void>((resolve) => (release = resolve)));
    for (let count = 0; count < 2 * MAX_WAITING; count++) await sendText(alice, id, `${count}`);
    await quiet();
    expect(heard()).toBe(0);
    release();
    await busy;
    await quiet();
    expect(heard()).toBe(2 * MAX_WAITING);
    await close();
  });
});

describe('a stream with messages of epochs that are not reached', () => {
  it('is not read again from the last commit for each of them, nor faster than once a second', async () => {
    const { world, bob, say, heard, newest } = await pair();
    let given = 0;
    const asked: bigint[] = [];
    bob.network.hooks.after = (method, _request, answer) => {
      if (method !== 'queryGroupMessages') return;
      given += (answer as Answer).messages.length;
      asked.push(world.host.nowNs());
    };
    const { quiet, close } = connect(bob);
    for (let count = 0; count < 30; count++) await say(`${count}`);
    await quiet();
    expect([heard(), given]).toEqual([30, 0]);
    const model = newest().data;
    for (let count = 0; count < 20; count++) {
      const data = model.slice();
      // MLSMessage: version and wire format (4 bytes), group id (1 + 16), epoch (8).
      data[4 + 17 + 6] = count + 1;
      world.node.sendGroupMessages([create(GroupMessageInputSchema, { version: { case: 'v1', value: { data } } })]);
      await quiet();
    }
    await say('and on');
    await quiet();
    expect(heard()).toBe(31);
    // Each of them once at most, and once what was there before.
    expect(given).toBeLessThanOrEqual(30 + 20 + 1);
    // One look is a query, and one more from where the group is complete.
    const looks = [...new Set(asked)];
    const gaps = looks.slice(1).map((at, index) => at - (looks[index] as bigint));
    expect(gaps.filter((gap) => gap < NS_PER_SECOND)).toEqual([]);
    await close();
  });

  it('loses none whose commit the stream left out, though the node answers from a copy that lags', async () => {
    const { members, alice, bob, id, say, heard, newest } = await pair();
    let commitId = 0n;
    const { subscribeGroupMessages } = bob.ctx.network;
    const { quiet, close } = connect(bob, {
      subscribeGroupMessages: async function* (request, options) {
        for await (const message of subscribeGroupMessages(request, options)) {
          if (message.version.value?.id !== commitId) yield message;
        }
      },
    });
    await say('before');
    await quiet();
    let lagging = 3;
    bob.network.hooks.after = (method, _request, answer) => {
      if (method !== 'queryGroupMessages' || lagging === 0) return;
      lagging -= 1;
      const page = answer as Answer;
      page.messages = page.messages.filter(({ version }) => version.value.id < commitId);
    };
    commitId = newest().id + 1n;
    await rename('a new name', id, [alice]);
    expect(newest().id).toBe(commitId);
    await say('in the new epoch');
    await say('and on');
    await quiet();
    expect([heard(), lagging]).toEqual([3, 0]);
    expect(getConversation(bob.ctx.db, id)?.maybeForked).toBe(false);
    await close();
    expect(members).toHaveLength(2);
  });
});
