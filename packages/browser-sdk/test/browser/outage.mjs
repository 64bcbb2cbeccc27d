/** The node goes away and comes back. */
import { expectEqual, scenario } from './steps.mjs';
import { world } from './world.mjs';

export const run = () =>
  scenario(
    'A node that goes away',
    async () => {
      const ground = await world();
      ground.expectFaults();
      const pages = {};
      for (const name of ['alice', 'bob']) {
        pages[name] = await ground.page(await ground.profile(name));
        pages[`${name}Facts`] = await pages[name].evaluate(
          ([who, options]) => test.open(who, options),
          [name, ground.options()],
        );
      }
      return Object.assign(ground, pages);
    },
    {
      async 'is told to streams'(ground) {
        const { alice, bob, bobFacts } = ground;
        for (const [name, page] of Object.entries({ alice, bob }))
          await page.evaluate((who) => test.listen(who, { retryDelay: 500, retryAttempts: 100 }), name);
        ground.groupId = await alice.evaluate(async (peer) => {
          const group = await test.clients.get('alice').conversations.createGroup([peer]);
          await group.sendText('before');
          return group.id;
        }, bobFacts.inboxId);
        await bob.evaluate(() => test.texts('bob', 1));
        await ground.pauseNode();
        await bob.waitForFunction(() => test.events('bob').includes('fail'));
      },
      async 'keeps what is sent meanwhile'({ alice, groupId }) {
        const failure = await alice.evaluate((id) => test.failure(() => test.send('alice', id, 'meanwhile')), groupId);
        expectEqual([failure.code, failure.retryable], ['client/network-unreachable', true]);
        const stored = await alice.evaluate(async (id) => {
          const group = await test.clients.get('alice').conversations.getConversationById(id);
          const { content, deliveryStatus } = await group.lastMessage();
          return { content, deliveryStatus };
        }, groupId);
        expectEqual(stored, { content: 'meanwhile', deliveryStatus: 0 });
      },
      async 'lets everything through when it is back'(ground) {
        await ground.resumeNode();
        expectEqual(await ground.bob.evaluate(() => test.texts('bob', 2)), ['before', 'meanwhile']);
        await ground.bob.waitForFunction(() => test.events('bob').includes('restart'));
      },
      async 'is reached again as soon as the browser says that there is a network'({ bob, pauseNode, resumeNode }) {
        // By itself it would wait longer than anybody looks on.
        await bob.evaluate(async () => {
          await test.endStream('bob');
          await test.listen('bob', { retryDelay: 600_000, retryAttempts: 100 });
        });
        await pauseNode();
        await bob.waitForFunction(() => test.events('bob').includes('fail'));
        await resumeNode();
        await bob.workers()[0].evaluate(() => self.dispatchEvent(new Event('online')));
        await bob.waitForFunction(() => test.events('bob').includes('restart'));
      },
    },
  );
