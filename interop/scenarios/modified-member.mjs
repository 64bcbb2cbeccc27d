/**
 * A member with a modified client sends every kind of commit that we could think of, as a plain member and as a super admin. A deployed
 * client and ours must come to the same verdict on each, or they are in different groups from then on.
 *
 * `CONCLAVE_KINDS` takes some of them: a part of their names.
 */
import { deepEqual } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OWN_NODE } from '../peer/places.mjs';
import { newRealClient } from '../peer/real-client.mjs';
import { newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';

const ROGUE = join(dirname(fileURLToPath(import.meta.url)), '../peer/rogue-member.mjs');
const ALL_CONSENT = [0, 1, 2];

// Every process that is started leaves a listener.
process.setMaxListeners(0);

await scenario('A member with a modified client', async ({ step, node, folder }) => {
  const where = { url: node.url, folder };
  let real;
  let own;
  let rogue;
  let stranger;
  let kinds;

  await step('a deployed client, ours, one that is to be modified and a stranger register', async () => {
    real = await newRealClient(where);
    own = await newOwnClient(where);
    rogue = await newOwnClient(where);
    const { client } = await newRealClient(where);
    const common = await rogue.client.conversations.createGroup([client.inboxId]);
    stranger = { inboxId: client.inboxId, installationId: client.installationId, groupId: await common.id };
    kinds = JSON.parse(spawnSync(OWN_NODE, [ROGUE, 'kinds'], { encoding: 'utf8' }).stdout).filter((kind) =>
      kind.includes(process.env.CONCLAVE_KINDS ?? ''),
    );
  });

  /** A group for each kind, in which everybody stands at the same epoch. */
  async function newGroups(role) {
    const [founder, other] = role === 'a super admin' ? [rogue, real] : [real, rogue];
    const inboxIds = [await own.client.inboxId, await other.client.inboxId];
    const groups = new Map();
    for (const kind of kinds) {
      const group = await founder.client.conversations.createGroup(inboxIds);
      groups.set(kind, await group.id);
    }
    for (const { client } of [real, own, rogue]) await client.conversations.syncAll(ALL_CONSENT);
    return groups;
  }

  /** Gives the kinds that could not be sent. */
  async function sendAll(groups) {
    await rogue.end();
    const { dbPath, dbEncryptionKey } = rogue.options;
    const args = [ROGUE, node.url, dbPath, Buffer.from(dbEncryptionKey).toString('hex'), JSON.stringify(stranger)];
    const child = spawn(OWN_NODE, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    for (const [kind, groupId] of groups) child.stdin.write(`${JSON.stringify({ kind, groupId })}\n`);
    child.stdin.end();
    const failed = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const { kind, error } = JSON.parse(line);
      if (error !== undefined) failed.push({ kind, error });
    }
    Object.assign(rogue, await newOwnClient({ ...where, wallet: rogue.wallet, options: rogue.options }));
    return failed;
  }

  /** Where a client stands once it has seen the commit. A commit that both have merged has led both to the same state: MLS confirms it. */
  async function standingOf({ client }, groupId) {
    const group = await client.conversations.getConversationById(groupId);
    await group.sync();
    return Number((await group.debugInfo()).epoch);
  }

  for (const role of ['a plain member', 'a super admin']) {
    let groups;
    await step(`${role} sends ${kinds.length} kinds of commits`, async () => {
      groups = await newGroups(role);
      deepEqual(await sendAll(groups), []);
    });
    await step(`the deployed client and ours come to the same verdict on those of ${role}`, async () => {
      const verdicts = { real: {}, own: {} };
      for (const [kind, groupId] of groups) {
        verdicts.real[kind] = await standingOf(real, groupId);
        verdicts.own[kind] = await standingOf(own, groupId);
      }
      deepEqual(verdicts.own, verdicts.real);
    });
  }
});
