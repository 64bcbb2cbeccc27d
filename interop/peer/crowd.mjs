/**
 * A crowd of clients of both kinds that do in their groups what people do, as a seed decides. Every client does one thing at a time (a
 * deployed client that does two in one group at once can send what only it can read); several clients act at the same time.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { newRealClient } from './real-client.mjs';
import { newOwnClient } from './remote-client.mjs';
import { until, within } from './waiting.mjs';

const ALL_CONSENT = [0, 1, 2];
const OPERATION_LIMIT_MS = 45_000;
const SETTLE_LIMIT_MS = 90_000;
/** How long somebody who asked to leave is waited for. */
const LEAVE_PATIENCE_MS = 10_000;
/** Commits of a client's log that are shown. */
const LOG_TAIL = 40;
/** Clients that act at the same time. */
const LANES = 3;

/** Errors by which our client may refuse, or lose, what somebody tries at random. Everything else is a fault of ours. */
const OWN_REFUSALS = new Set([
  'client/permission-denied',
  'client/group-inactive',
  'client/not-a-member',
  'client/leave-refused',
  'client/intent-deadline',
  'client/no-usable-installation',
  'client/installation-revoked',
]);

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    pick: (values) => values[Math.floor(next() * values.length)],
    weighted(values) {
      let left = next() * values.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of values) {
        left -= weight;
        if (left < 0) return value;
      }
      return values.at(-1)[0];
    },
  };
}

/**
 * Registers a crowd: inboxes alternate between two kinds, and every third one has a second installation of the other kind.
 * @returns {Promise<{ name: string, kind: 'real' | 'own', client: any, wallet: any, inboxId: string, isBusy: boolean }[]>}
 */
export async function newCrowd(where, inboxes, [first, second]) {
  const crowd = [];
  const join = async (kind, name, wallet) => {
    const made = await (kind === 'real' ? newRealClient : newOwnClient)({ ...where, ...(wallet && { wallet }) });
    crowd.push({ ...made, name, kind, inboxId: await made.client.inboxId, isBusy: false });
    return made.wallet;
  };
  for (let index = 0; index < inboxes; index++) {
    const [kind, other] = index % 2 === 0 ? [first, second] : [second, first];
    const wallet = await join(kind, `${kind}-${index}`);
    if (index % 3 === 2) await join(other, `${other}-${index}b`, wallet);
  }
  return crowd;
}

/** The conversation of a client; undefined when it does not have it. */
export const groupOf = ({ client }, id) => client.conversations.getConversationById(id);

/** The group's clients that are in it. */
export async function activeIn(crowd, id) {
  const active = [];
  for (const party of crowd) {
    const group = await groupOf(party, id);
    if (group && (await group.isActive)) active.push(party);
  }
  return active;
}

const OPERATIONS = {
  send: [40, ({ group, words }) => group.sendText(words())],
  sync: [22, ({ group }) => group.sync()],
  welcomes: [6, ({ party }) => party.client.conversations.sync()],
  rename: [4, ({ group, words }) => group.updateName(words())],
  describe: [3, ({ group, words }) => group.updateDescription(words())],
  add: [7, async ({ group, outsiders }) => outsiders.length > 0 && group.addMembers([outsiders[0]])],
  remove: [4, async ({ group, others }) => others.length > 0 && group.removeMembers([others[0]])],
  'add-admin': [3, ({ group, others }) => others.length > 0 && group.addAdmin(others[0])],
  'remove-admin': [2, ({ group, others }) => others.length > 0 && group.removeAdmin(others[0])],
  'add-super-admin': [1, ({ group, others }) => others.length > 0 && group.addSuperAdmin(others[0])],
  'change-policy': [2, ({ group, random }) => group.updatePermission(4, random.pick([0, 2, 3]), random.pick([1, 2]))],
  timer: [
    1,
    ({ group, random }) =>
      group.updateMessageDisappearingSettings(1, random.pick([86_400_000_000_000, 172_800_000_000_000])),
  ],
  leave: [2, ({ group }) => group.requestRemoval()],
};

/**
 * Lets the crowd act in the groups for a while.
 * @param {{ crowd: any[], groupIds: string[], keepers: Set<string>, random: ReturnType<typeof randomOf>, seconds: number }} options
 *   `keepers` are inboxes that nobody removes and that do not leave: they can tell the whole story
 * @returns what was done and refused, by name
 */
export async function act({ crowd, groupIds, keepers, random, seconds }) {
  const end = Date.now() + seconds * 1000;
  const counts = {};
  const count = (what) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  let said = 0;
  const words = () => `words ${++said}`;
  const lane = async () => {
    while (Date.now() < end) {
      const party = random.pick(crowd.filter(({ isBusy }) => !isBusy));
      party.isBusy = true;
      const name = random.weighted(Object.entries(OPERATIONS).map(([key, [weight]]) => [key, weight]));
      try {
        await within(
          `${party.name} ${name}`,
          actOnce({ party, name, words, crowd, groupIds, keepers, random }),
          OPERATION_LIMIT_MS,
        );
        count(name);
      } catch (error) {
        if (party.kind === 'own' && !OWN_REFUSALS.has(error.code)) throw error;
        count(`${name} refused to ${party.kind}`);
      } finally {
        party.isBusy = false;
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return counts;
}

async function actOnce({ party, name, words, crowd, groupIds, keepers, random }) {
  const id = random.pick(groupIds);
  const group = await groupOf(party, id);
  if (!group || !(await group.isActive)) return party.client.conversations.sync();
  if (name === 'leave' && keepers.has(party.inboxId)) return undefined;
  if (name === 'send') await group.sync();
  const members = (await group.members()).map(({ inboxId }) => inboxId);
  const shuffled = [...new Set(crowd.map(({ inboxId }) => inboxId))].sort(() => random.next() - 0.5);
  const others = shuffled.filter(
    (inboxId) => members.includes(inboxId) && !keepers.has(inboxId) && inboxId !== party.inboxId,
  );
  const outsiders = [];
  for (const inboxId of shuffled) {
    if (!members.includes(inboxId) && (await knowsItIsOut(crowd, inboxId, id))) outsiders.push(inboxId);
  }
  return OPERATIONS[name][1]({ party, group, words, others, outsiders, random });
}

/**
 * Whether all installations of an inbox have read that they are not in a group. A deployed one that is added again before it read of its
 * removal can pass over the commits right after its welcome, and has forked.
 */
async function knowsItIsOut(crowd, inboxId, id) {
  for (const party of crowd.filter((each) => each.inboxId === inboxId)) {
    if (party.kind === 'real' && party.isBusy) return false;
    const group = await groupOf(party, id);
    if (party.kind === 'real' && group && (await group.isActive)) return false;
  }
  return true;
}

/**
 * Everybody takes in everything until all who are in a group stand at the same epoch and nothing changes any more. Whoever asked to leave
 * is let go by an administrator's client, of itself and some time later; a deployed client may say for ever that it waits for that.
 */
export async function settle(crowd, groupIds) {
  let before = '';
  let changedAtMs = Date.now();
  await until(
    'the crowd to settle',
    async () => {
      for (const party of crowd) {
        await party.client.conversations.syncAll(ALL_CONSENT).catch(() => undefined);
        for (const id of groupIds) await (await groupOf(party, id))?.sync().catch(() => undefined);
      }
      const standings = await Promise.all(groupIds.map((id) => standingsOf(crowd, id)));
      const now = JSON.stringify(standings);
      const isStill = now === before;
      if (!isStill) changedAtMs = Date.now();
      before = now;
      const isWaiting = standings.flat().some(({ isPendingRemoval }) => isPendingRemoval);
      return (
        isStill &&
        standings.every((each) => new Set(each.map(({ epoch }) => epoch)).size === 1) &&
        (!isWaiting || Date.now() - changedAtMs > LEAVE_PATIENCE_MS)
      );
    },
    SETTLE_LIMIT_MS,
  ).catch(async (error) => {
    for (const id of groupIds) {
      process.stdout.write(`       ${id}\n`);
      for (const line of await historiesOf(crowd, id)) process.stdout.write(`         ${line}\n`);
    }
    throw error;
  });
}

/** Where each client that is in a group stands. */
async function standingsOf(crowd, id) {
  const all = [];
  for (const party of await activeIn(crowd, id)) {
    const group = await groupOf(party, id);
    const { epoch } = await group.debugInfo();
    all.push({ name: party.name, epoch: String(epoch), isPendingRemoval: await group.isPendingRemoval() });
  }
  return all;
}

/** Where each client stands in a group, and the end of its commit log: for whoever must find out why it did not settle. */
async function historiesOf(crowd, id) {
  const all = [];
  for (const party of crowd) {
    const group = await groupOf(party, id);
    if (!group) continue;
    const { epoch, maybeForked, localCommitLog } = await group.debugInfo();
    const state = (await group.isActive) ? (maybeForked ? 'forked' : 'active') : 'out';
    all.push(`${party.name} (${party.inboxId.slice(0, 6)}): epoch ${epoch}, ${state}`);
    for (const commit of commitsOf(localCommitLog).slice(-LOG_TAIL)) all.push(`  ${commit}`);
  }
  return all;
}

/** Lines of a commit log in our client's form, of either kind's. */
function commitsOf(log) {
  const told = log.matchAll(
    /commit_sequence_id: (\d+).*?commit_result: (\w+), error_message: (.*?), applied_epoch_number: (\d+), applied_epoch_authenticator: "(\w*).*?sender_inbox_id: "(\w*).*?commit_type: (.*?) }/gs,
  );
  const lines = [...told].map(
    ([, at, result, error, epoch, tag, sender, type]) =>
      `commit ${at}: ${result}, epoch ${epoch} ${tag} ${type} by ${sender} ${error}`,
  );
  return lines.length > 0 ? lines : log.split('\n');
}

/** What every member must agree on. */
export async function viewOf(party, id) {
  const group = await groupOf(party, id);
  const { policySet, policyType } = await group.permissions();
  return {
    epoch: String((await group.debugInfo()).epoch),
    members: (await group.members())
      .map(({ inboxId, installationIds, permissionLevel }) => [inboxId, [...installationIds].sort(), permissionLevel])
      .sort(),
    admins: [...(await group.listAdmins())].sort(),
    superAdmins: [...(await group.listSuperAdmins())].sort(),
    name: await group.name,
    description: await group.description,
    image: await group.imageUrl,
    policyType,
    policySet,
  };
}

/** All who are in the group see the same, whoever they are, and all installations of all members are in. */
export async function agree(crowd, id) {
  const active = await activeIn(crowd, id);
  const [first, ...rest] = active;
  const expected = await viewOf(first, id);
  for (const party of rest) deepEqual(await viewOf(party, id), expected, `${party.name} and ${first.name} differ`);
  const members = new Set(expected.members.map(([inboxId]) => inboxId));
  for (const party of crowd) {
    equal(active.includes(party), members.has(party.inboxId), `${party.name} is in the group as its inbox is`);
  }
  return active;
}

/** Texts of a client in the order in which it shows them: `[id, sender, text]`. */
export async function textsOf(party, id) {
  const messages = await (await groupOf(party, id)).messages();
  return messages
    .filter(({ content }) => typeof content === 'string')
    .map(({ id: messageId, senderInboxId, content }) => [messageId, senderInboxId, content]);
}
