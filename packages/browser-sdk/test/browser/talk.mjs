/** People in browsers of their own talk: groups and DMs, contents, streams, accounts. */
import { expectEqual, scenario } from './steps.mjs';
import { world } from './world.mjs';

export const run = () =>
  scenario(
    'Three people in three browsers',
    async () => {
      const ground = await world();
      const people = {};
      for (const name of ['alice', 'bob', 'carol']) {
        const page = await ground.page(await ground.profile(name));
        const facts = await page.evaluate(([who, options]) => test.open(who, options), [name, ground.options()]);
        people[name] = {
          page,
          ...facts,
          call: (method, ...args) => page.evaluate(([m, a]) => test[m](...a), [method, args]),
        };
      }
      return Object.assign(ground, people);
    },
    {
      async 'keep their databases in files'({ alice, bob, carol }) {
        expectEqual([alice.storage, bob.storage, carol.storage], ['opfs', 'opfs', 'opfs']);
      },
      async 'find each other'({ alice, bob, apiUrl }) {
        const found = await alice.page.evaluate(
          async ([inboxId, url]) => {
            const signer = sdk.createEOASigner();
            const backend = await sdk.createBackend({ env: 'local', apiUrl: url });
            const stranger = await signer.getIdentifier();
            const own = test.clients.get('alice').accountIdentifier;
            return {
              canMessage: [...(await sdk.Client.canMessage([own, stranger], backend)).values()],
              inboxId: await sdk.getInboxIdForIdentifier(backend, own),
              nobody: (await sdk.getInboxIdForIdentifier(backend, stranger)) === undefined,
              generated: (await sdk.generateInboxId(own)) === test.clients.get('alice').inboxId,
              states: (await sdk.Client.fetchInboxStates([inboxId], backend)).map((each) => each.installations.length),
            };
          },
          [bob.inboxId, apiUrl],
        );
        expectEqual(found, {
          canMessage: [true, false],
          inboxId: alice.inboxId,
          nobody: true,
          generated: true,
          states: [1],
        });
      },
      async 'talk in a group, live'(ground) {
        const { alice, bob, carol } = ground;
        for (const [name, person] of Object.entries({ alice, bob, carol })) await person.call('listen', name);
        ground.groupId = await alice.page.evaluate(
          async (members) => {
            const group = await test.clients.get('alice').conversations.createGroup(members, { groupName: 'harbour' });
            await group.sendText('one');
            return group.id;
          },
          [bob.inboxId, carol.inboxId],
        );
        expectEqual(await bob.call('texts', 'bob', 1), ['one']);
        await bob.call('send', 'bob', ground.groupId, 'two');
        expectEqual(await carol.call('texts', 'carol', 2), ['one', 'two']);
        await carol.call('send', 'carol', ground.groupId, 'three');
        expectEqual(await alice.call('texts', 'alice', 3), ['one', 'two', 'three']);
      },
      async 'talk alone'({ alice, bob }) {
        await bob.call('dm', 'bob', alice.inboxId, 'between us');
        expectEqual((await alice.call('texts', 'alice', 4)).at(-1), 'between us');
        const dm = await alice.page.evaluate(async (peer) => {
          const found = await test.clients.get('alice').conversations.getDmByInboxId(peer);
          return {
            peer: await found.peerInboxId(),
            isDm: found instanceof sdk.Dm,
            count: String(await found.countMessages()),
          };
        }, bob.inboxId);
        expectEqual(dm, { peer: bob.inboxId, isDm: true, count: '1' });
      },
      async 'change the group'({ alice, bob, carol, groupId }) {
        const changed = await alice.page.evaluate(
          async ([id, leaver]) => {
            const group = await test.clients.get('alice').conversations.getConversationById(id);
            await group.updateName('port');
            await group.removeMembers([leaver]);
            await group.addAdmin((await group.members()).find(({ permissionLevel }) => permissionLevel === 0).inboxId);
            await group.sync();
            return { name: group.name, members: (await group.members()).length, admins: group.admins.length };
          },
          [groupId, carol.inboxId],
        );
        expectEqual(changed, { name: 'port', members: 2, admins: 1 });
        const seen = await bob.page.evaluate(async (id) => {
          const group = await test.clients.get('bob').conversations.getConversationById(id);
          await group.sync();
          const updates = (await group.messages()).filter(sdk.isGroupUpdated);
          return {
            name: group.name,
            isAdmin: await group.isAdmin(test.clients.get('bob').inboxId),
            updates: updates.length,
          };
        }, groupId);
        expectEqual(seen, { name: 'port', isAdmin: true, updates: 4 });
        const gone = await carol.page.evaluate(async (id) => {
          const group = await test.clients.get('carol').conversations.getConversationById(id);
          await group.sync().catch(() => {});
          return { isActive: await group.isActive(), ...(await test.failure(() => group.sendText('still here?'))) };
        }, groupId);
        expectEqual([gone.isActive, gone.code], [false, 'client/group-inactive']);
      },
      async 'send contents of every kind'({ alice, bob, groupId }) {
        const sent = await alice.page.evaluate(async (id) => {
          const group = await test.clients.get('alice').conversations.getConversationById(id);
          const text = await group.sendText('look');
          const attachment = { filename: 'a.txt', mimeType: 'text/plain', content: new TextEncoder().encode('file') };
          await group.sendAttachment(attachment);
          await group.sendReply({ reference: text, content: await sdk.encodeText('an answer') });
          await group.sendReaction({
            reference: text,
            referenceInboxId: test.clients.get('alice').inboxId,
            action: sdk.ReactionAction.Added,
            content: '👍',
            schema: sdk.ReactionSchema.Unicode,
          });
          await group.sendMarkdown('**bold**');
          await group.sendReadReceipt();
          const sealed = await sdk.encryptAttachment(attachment);
          const remote = { ...sealed, url: 'https://files.example/a', scheme: 'https://' };
          await group.sendRemoteAttachment(remote);
          const opened = await sdk.decryptAttachment(sealed.payload, remote);
          return { text, opened: new TextDecoder().decode(opened.content) };
        }, groupId);
        expectEqual(sent.opened, 'file');
        const read = await bob.page.evaluate(
          async ([id, textId]) => {
            const client = test.clients.get('bob');
            const group = await client.conversations.getConversationById(id);
            await group.sync();
            const messages = await group.messages();
            const reply = messages.find(sdk.isTextReply);
            const text = await client.conversations.getMessageById(textId);
            return {
              attachment: new TextDecoder().decode(messages.find(sdk.isAttachment).content.content),
              reply: [
                reply.content.content,
                reply.content.inReplyTo.content,
                (await reply.content.contentType()).typeId,
              ],
              reactions: text.reactions.map(({ content }) => content.content),
              replies: String(text.numReplies),
              markdown: messages.find(sdk.isMarkdown).content,
              remote: messages.find(sdk.isRemoteAttachment).content.url,
              readBy: [...(await group.lastReadTimes()).keys()].length,
            };
          },
          [groupId, sent.text],
        );
        expectEqual(read, {
          attachment: 'file',
          reply: ['an answer', 'look', 'text'],
          reactions: ['👍'],
          replies: '1',
          markdown: '**bold**',
          remote: 'https://files.example/a',
          readBy: 1,
        });
      },
      async 'save what they have said, and are told how far that is'({ alice, groupId }) {
        const told = await alice.page.evaluate(async (id) => {
          const client = test.clients.get('alice');
          const group = await client.conversations.getConversationById(id);
          for (let i = 0; i < 250; i++) await group.sendText(`note ${i}`, true);
          const key = new Uint8Array(32).fill(9);
          const shares = { saved: [], restored: [] };
          const listen = (into) => ({ onProgress: ({ share }) => shares[into].push(share) });
          const archive = await client.createArchive(key, undefined, listen('saved'));
          await client.importArchive(archive, key, listen('restored'));
          await client.importArchive(await client.createArchive(key), key);
          return shares;
        }, groupId);
        for (const [what, shares] of Object.entries(told)) {
          if (shares.length < 3) throw new Error(`${what}: told ${shares.length} times`);
          expectEqual(
            shares,
            [...shares].sort((a, b) => a - b),
            `${what}: in order`,
          );
          expectEqual(shares.at(-1), 1, `${what}: the end`);
        }
      },
      async 'use content types of their own'({ alice, apiUrl }) {
        const found = await alice.page.evaluate(async (url) => {
          const contentType = { authorityId: 'garden.example', typeId: 'plant', versionMajor: 1, versionMinor: 0 };
          const codec = {
            contentType,
            encode: (name) => ({ type: contentType, parameters: {}, content: new TextEncoder().encode(name) }),
            decode: ({ content }) => `plant ${new TextDecoder().decode(content)}`,
            fallback: (name) => `A plant: ${name}`,
            shouldPush: () => false,
          };
          const options = { env: 'local', apiUrl: url, dbPath: null };
          const one = await sdk.Client.create(sdk.createEOASigner(), { ...options, codecs: [codec] });
          const group = await one.conversations.createGroup([]);
          await group.send(codec.encode('fern'));
          const last = await group.lastMessage();
          await one.close();
          return last.content;
        }, apiUrl);
        expectEqual(found, 'plant fern');
      },
      async 'take the place of their oldest installation where they say so, and hear that the inbox fills up'({
        carol,
        options,
      }) {
        const outcome = await carol.page.evaluate(async (given) => {
          const signer = sdk.createEOASigner();
          const notices = [];
          const create = async (extra) => {
            const inMemory = {
              ...given,
              dbPath: null,
              disableDeviceSync: true,
              onNotice: (each) => notices.push(each),
            };
            const client = await sdk.Client.create(signer, { ...inMemory, ...extra });
            const { installationId } = client;
            const { installations } = await client.preferences.fetchInboxState();
            await client.close();
            return { installationId, ids: installations.map(({ id }) => id) };
          };
          const first = await create();
          let heardAt;
          for (let count = 2; count <= 10; count++) {
            await create();
            if (notices.length > 0) heardAt ??= [count, notices[0]];
          }
          const refused = await test.failure(() => create());
          const eleventh = await create({ onInstallationLimit: 'revoke-oldest' });
          return {
            heardAt,
            refused: refused.code,
            count: eleventh.ids.length,
            has: [first, eleventh].map(({ installationId }) => eleventh.ids.includes(installationId)),
          };
        }, options());
        expectEqual(outcome.heardAt[0], 7, 'installations when it is told first');
        expectEqual(outcome.heardAt[1].includes('7 of 10 installations'), true, 'a sentence');
        expectEqual(
          [outcome.refused, outcome.count, outcome.has],
          ['client/too-many-installations', 10, [false, true]],
        );
      },
      async 'hear all they have on few connections'(ground) {
        const { bob, carol, options } = ground;
        // HTTP/1.1 has six connections to a host: a seventh stream of its own would leave none for calls.
        const page = await ground.page(carol.page.context());
        const open = new Set();
        let most = 0;
        page.context().on('request', (request) => {
          if (!/\/Subscribe\w+$/.test(request.url())) return;
          open.add(request);
          most = Math.max(most, open.size);
        });
        for (const end of ['requestfinished', 'requestfailed'])
          page.context().on(end, (request) => open.delete(request));
        await page.evaluate((all) => test.open('dave', all), options({ dbPath: null }));
        const heard = await page.evaluate(async (peer) => {
          const { conversations, preferences } = test.clients.get('dave');
          const groups = [];
          for (let i = 0; i < 3; i++) groups.push(await conversations.createGroup([peer]));
          const counts = Array.from({ length: 8 }, () => 0);
          const waiting = [];
          const counted = (at) => ({
            onValue(message) {
              if (typeof message.content === 'string') counts[at]++;
              for (const wake of waiting.splice(0)) wake();
            },
          });
          await conversations.streamAllMessages(counted(0));
          await conversations.streamAllGroupMessages(counted(1));
          await conversations.streamAllDmMessages(counted(2));
          for (const [i, group] of groups.entries()) await group.stream(counted(3 + i));
          await conversations.stream(counted(6));
          await preferences.streamConsent(counted(7));
          // A question to the node, which has to get through.
          await preferences.fetchInboxState();
          for (const group of groups) await group.sendText('on few connections');
          while (counts[0] < 3 || counts[1] < 3 || counts.slice(3, 6).includes(0))
            await new Promise((resolve) => waiting.push(resolve));
          return counts;
        }, bob.inboxId);
        expectEqual(heard, [3, 3, 0, 1, 1, 1, 0, 0], 'messages by stream');
        if (open.size === 0 || most > 3) throw new Error(`${open.size} streams of the network, at most ${most}`);
        await page.evaluate(() => test.close('dave'));
        await page.close();
      },
      async 'keep to themselves what other installations could hear, where they say so'({ carol, options }) {
        const groups = await carol.page.evaluate(async (given) => {
          const eligible = async (client) => (await client.syncAllDeviceSyncGroups()).numEligible;
          const open = (extra) => sdk.Client.create(sdk.createEOASigner(), { ...given, dbPath: null, ...extra });
          const silent = [
            await open({ disableDeviceSync: true }),
            await open({ workerConfig: { disabledWorkers: [sdk.WorkerKind.DeviceSync] } }),
          ];
          const telling = await open({});
          // Begun last, at work like them once a second.
          while (Number(await eligible(telling)) === 0);
          const found = [];
          for (const client of silent) found.push(Number(await eligible(client)));
          for (const client of [...silent, telling]) await client.close();
          return found;
        }, options());
        expectEqual(groups, [0, 0], 'sync groups');
      },
      async 'hear what is wrong, in codes'({ alice, apiUrl }) {
        const failures = await alice.page.evaluate(async (url) => {
          const client = test.clients.get('alice');
          const kinds = [
            () => client.conversations.createDm('0'.repeat(64)),
            () => client.canMessage([{ identifier: 'xyz', identifierKind: 0 }]),
            () => client.conversations.createGroup([], { groupName: () => {} }),
            () =>
              sdk.Client.build(
                { identifier: `0x${'1'.repeat(40)}`, identifierKind: 0 },
                { env: 'local', apiUrl: url, dbPath: null },
              ).then((c) => c.register()),
          ];
          const codes = [];
          for (const kind of kinds) {
            const { code, name } = await test.failure(kind);
            codes.push(code ?? name);
          }
          return codes;
        }, apiUrl);
        expectEqual(failures.slice(0, 3), ['client/unknown-inbox', 'client/invalid-address', failures[2]]);
        expectEqual(failures[3], 'sdk/signer-unavailable');
      },
      async 'end their streams once'({ bob }) {
        await bob.call('endStream', 'bob');
        expectEqual(await bob.call('events', 'bob'), ['end']);
      },
    },
  );
