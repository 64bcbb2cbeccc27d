/**
 * The commit log between the two implementations: each believes what the other writes, a fork is noticed, and a member that has
 * forked is added again, by ours and by the deployed client, in a commit that both follow.
 *
 * Both run their worker when they start and every five minutes after, so a step that waits for it starts a client again.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OWN_NODE, PEER_NODE, PEER_SDK } from '../peer/places.mjs';
import { newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';
import { until } from '../peer/waiting.mjs';

const SKIP_COMMIT = join(dirname(fileURLToPath(import.meta.url)), '../peer/skip-commit.mjs');
const ALLOWED = 1;
/** Originator of the cursor that counts commits. */
const COMMITS = 0;

// Every process that is started leaves a listener.
process.setMaxListeners(0);

await scenario('The commit log of a deployed client and ours', async ({ step, node, folder }) => {
  const where = { url: node.url, folder };

  /** A client in a process of its own that can be ended and started again on its data. */
  async function person(kind) {
    const program = kind === 'real' ? { program: PEER_NODE, sdk: PEER_SDK } : {};
    const one = { kind, ...(await newOwnClient({ ...where, ...program })) };
    one.inboxId = await one.client.inboxId;
    one.start = async () => {
      const { wallet, options } = one;
      Object.assign(one, await newOwnClient({ ...where, ...program, wallet, options }));
    };
    one.restart = async () => {
      await one.end();
      await one.start();
    };
    return one;
  }

  async function conversation(one, id) {
    await one.client.conversations.sync();
    const found = await until(`the conversation at ${one.kind}`, () =>
      one.client.conversations.getConversationById(id),
    );
    await found.sync();
    return found;
  }

  /** The user takes part: only then is a commit log read and written. */
  async function accept(one, id) {
    await (await conversation(one, id)).updateConsentState(ALLOWED);
  }

  const debugInfo = async (one, id) => (await one.client.conversations.getConversationById(id)).debugInfo();

  /** Starts a client, up to five times, until its worker has brought something about. */
  async function started(one, what, ask) {
    for (let start = 1; ; start++) {
      await one.client.conversations.sync();
      await one.restart();
      try {
        return await until(what, ask, 4000);
      } catch (error) {
        if (start === 5) throw error;
      }
    }
  }

  const verdict = (one, id, expected) =>
    started(
      one,
      `the verdict ${expected} at ${one.kind}`,
      async () => (await debugInfo(one, id)).isCommitLogForked === expected,
    );

  /** Lets a client of ours that is not running pass over the newest commit that a witness has taken. */
  async function skipNewestCommit(lost, witness, id) {
    const { cursor } = await (await conversation(witness, id)).debugInfo();
    const commit = cursor.find(({ originatorId }) => originatorId === COMMITS).sequenceId;
    const key = Buffer.from(lost.options.dbEncryptionKey).toString('hex');
    const args = [SKIP_COMMIT, lost.options.dbPath, key, id, String(commit)];
    equal(spawnSync(OWN_NODE, args, { stdio: 'inherit' }).status, 0, 'the fork was forged');
  }

  const epochOf = async (one, id) => {
    const found = await conversation(one, id);
    return (await found.debugInfo()).epoch;
  };

  let real;
  let own;
  let other;
  await step('two deployed clients and ours register', async () => {
    real = await person('real');
    other = await person('real');
    own = await person('own');
  });

  for (const [writer, reader] of [
    ['real', 'own'],
    ['own', 'real'],
  ]) {
    const at = (name) => (name === 'real' ? real : own);
    let id;
    await step(`${writer} writes, ${reader} agrees`, async () => {
      const group = await at(writer).client.conversations.createGroup([at(reader).inboxId, other.inboxId]);
      id = await group.id;
      await accept(at(reader), id);
      await accept(other, id);
      await group.updateName('harbour');
      await (await conversation(at(reader), id)).updateDescription('by a plain member');
      await group.sync();
      await group.updateName('lighthouse');
      await conversation(at(reader), id);
      await conversation(other, id);
      await at(writer).restart();
      await verdict(at(reader), id, false);
      await verdict(at(writer), id, false);
      ok(String((await debugInfo(at(reader), id)).remoteCommitLog).length > 40, 'the other side was read');
    });

    if (writer === 'own') {
      await step('a second deployed reader agrees as well', () => verdict(other, id, false));
    }
  }

  for (const answering of ['own', 'real']) {
    await step(`a forked client of ours is added again by ${answering}, and all go on together`, async () => {
      const admin = answering === 'own' ? own : real;
      const lost = await person('own');
      const group = await admin.client.conversations.createGroup([lost.inboxId, other.inboxId]);
      const id = await group.id;
      await accept(lost, id);
      await accept(other, id);
      await lost.end();
      await group.updateName('harbour');
      await skipNewestCommit(lost, admin, id);
      await group.updateName('lighthouse');
      await conversation(other, id);
      await admin.restart();
      await lost.start();
      equal(await (await conversation(lost, id)).name, '');
      await verdict(lost, id, true);
      // The request has gone out with the verdict; it is in the welcomes of the admin.
      await started(admin, `${lost.kind} is added again`, async () => {
        await conversation(lost, id);
        return (await debugInfo(lost, id)).isCommitLogForked !== true;
      });
      const names = await Promise.all([admin, lost, other].map(async (one) => (await conversation(one, id)).name));
      deepEqual(names, ['lighthouse', 'lighthouse', 'lighthouse']);
      await (await conversation(lost, id)).sendText('back again');
      await (await conversation(other, id)).sendText('welcome back');
      for (const one of [admin, lost, other]) {
        const texts = (await (await conversation(one, id)).messages()).map(({ content }) => content);
        for (const text of ['back again', 'welcome back']) ok(texts.includes(text), `${one.kind} reads ${text}`);
      }
      const epochs = await Promise.all([admin, lost, other].map((one) => epochOf(one, id)));
      equal(new Set(epochs.map(String)).size, 1);
    });
  }

  await step(
    'a forked DM goes on in a new group, which the deployed client shows as the same conversation',
    async () => {
      const dm = await own.client.conversations.createDm(real.inboxId);
      const id = await dm.id;
      await dm.sendText('one');
      await accept(real, id);
      await own.end();
      // The first message of an installation brings a commit of its own.
      await (await conversation(real, id)).sendText('two');
      await skipNewestCommit(own, real, id);
      await real.restart();
      await own.start();
      await verdict(own, id, true);
      const renewed = await until('a new group of the DM', async () => {
        const found = await own.client.conversations.createDm(real.inboxId);
        return (await found.id) === id ? undefined : found;
      });
      await renewed.sendText('three');
      await real.client.conversations.syncAll();
      const shown = await real.client.conversations.fetchDmByIdentifier(own.wallet.identifier);
      const texts = (await shown.messages()).map(({ content }) => content);
      for (const text of ['one', 'two', 'three']) ok(texts.includes(text), `the deployed client shows ${text}`);
      await shown.sendText('four');
      await renewed.sync();
      ok((await renewed.messages()).some(({ content }) => content === 'four'));
    },
  );
});
