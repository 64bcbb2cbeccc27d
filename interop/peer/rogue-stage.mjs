/**
 * A deployed client and ours as judges of a member that keeps no rules (`rogue-member.mjs`): both have to come to the same verdict on what
 * it sends, or they are in different groups from then on.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OWN_NODE } from './places.mjs';
import { newRealClient } from './real-client.mjs';
import { newOwnClient } from './remote-client.mjs';

const ROGUE = join(dirname(fileURLToPath(import.meta.url)), 'rogue-member.mjs');
const ALL_CONSENT = [0, 1, 2];

// Every process that is started leaves a listener.
process.setMaxListeners(0);

/** Everybody registered: the judges, the rogue, an installation of its own that it makes key packages for, and a stranger. */
export class RogueStage {
  /** Where somebody stands who has not joined. */
  static NOT_IN_IT = 'not in it';

  /** The deployed client. */
  real;
  own;
  #where;
  #rogue;
  #others;
  #accomplicesWallet;

  static async open({ node, folder }) {
    const stage = new RogueStage();
    const where = { url: node.url, folder };
    stage.#where = where;
    stage.real = await newRealClient(where);
    stage.own = await newOwnClient(where);
    stage.#rogue = await newOwnClient(where);
    const stranger = await newRealClient(where);
    const accomplice = await newOwnClient(where);
    const known = async ({ client }) => ({
      inboxId: await client.inboxId,
      installationId: await client.installationId,
    });
    const both = { stranger: await known(stranger), accomplice: await known(accomplice) };
    const common = await stage.#rogue.client.conversations.createGroup(
      Object.values(both).map(({ inboxId }) => inboxId),
    );
    await accomplice.end();
    const { dbPath, dbEncryptionKey } = accomplice.options;
    Object.assign(both.accomplice, { dbPath, key: Buffer.from(dbEncryptionKey).toString('hex') });
    stage.#others = { groupId: await common.id, ...both };
    stage.#accomplicesWallet = accomplice.wallet;
    return stage;
  }

  /** The accomplice's inbox gets a second installation, with nothing wrong about it. */
  async addSibling() {
    await newOwnClient({ ...this.#where, wallet: this.#accomplicesWallet });
  }

  /** The installation whose key packages the rogue makes. */
  get accomplice() {
    return this.#others.accomplice;
  }

  /** Kinds of `what`, commits or packages, as far as `CONCLAVE_KINDS` asks for them. */
  static kinds(what) {
    const { stdout } = spawnSync(OWN_NODE, [ROGUE, 'kinds', what], { encoding: 'utf8' });
    return JSON.parse(stdout).filter((kind) => kind.includes(process.env.CONCLAVE_KINDS ?? ''));
  }

  /** A group for each kind, in which everybody stands at the same epoch. */
  async newGroups(kinds, role) {
    const { real, own } = this;
    const rogue = this.#rogue;
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

  /** The rogue sends one of each kind. Gives those that could not be sent. */
  sendAll(groups) {
    return this.#modified(async (ask) => {
      const failed = [];
      for (const [kind, groupId] of groups) {
        const { error } = await ask({ kind, groupId });
        if (error !== undefined) failed.push({ kind, error });
      }
      return failed;
    });
  }

  /**
   * For each of these packages that the node takes: the accomplice publishes it, and `use` is called with the kind and with what gives the
   * accomplice's newest welcome: its id, and to which key it was wrapped.
   */
  publishEach(kinds, use) {
    return this.#modified(async (ask) => {
      for (const kind of kinds) {
        const { error } = await ask({ publish: kind });
        if (error === undefined) await use(kind, async () => (await ask({ invitation: true })).answer);
      }
    });
  }

  /** The rogue's client makes room for the modified one while `work` asks that. */
  async #modified(work) {
    await this.#rogue.end();
    const member = this.#start();
    const result = await work(member.ask);
    await member.end();
    const { wallet, options } = this.#rogue;
    Object.assign(this.#rogue, await newOwnClient({ ...this.#where, wallet, options }));
    return result;
  }

  #start() {
    const { dbPath, dbEncryptionKey } = this.#rogue.options;
    const key = Buffer.from(dbEncryptionKey).toString('hex');
    const args = [ROGUE, this.#where.url, dbPath, key, JSON.stringify(this.#others)];
    const child = spawn(OWN_NODE, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      async ask(request) {
        child.stdin.write(`${JSON.stringify(request)}\n`);
        const { value, done } = await answers.next();
        if (done) throw new Error('the rogue has ended');
        return JSON.parse(value);
      },
      end() {
        child.stdin.end();
        return once(child, 'close');
      },
    };
  }

  /** Where a client stands once it has seen what there is. Whoever has merged the same commit is in the same state: MLS confirms it. */
  static async standingOf({ client }, groupId) {
    const group = await client.conversations.getConversationById(groupId);
    if (!group) return RogueStage.NOT_IN_IT;
    await group.sync();
    return Number((await group.debugInfo()).epoch);
  }

  /** Those of the groups that both judges show and are members of. */
  async shared(groups) {
    const shared = new Map();
    for (const [kind, groupId] of groups) {
      const views = [this.real, this.own].map(({ client }) => client.conversations.getConversationById(groupId));
      const isMember = await Promise.all(views.map(async (view) => (await view)?.isActive));
      if (isMember.every(Boolean)) shared.set(kind, groupId);
    }
    return shared;
  }

  /** The verdicts of the two on the groups, by kind. */
  async verdicts(groups, [real, own] = [this.real, this.own]) {
    const verdicts = { real: {}, own: {} };
    for (const [kind, groupId] of groups) {
      verdicts.real[kind] = await RogueStage.standingOf(real, groupId);
      verdicts.own[kind] = await RogueStage.standingOf(own, groupId);
    }
    return verdicts;
  }

  /**
   * A newcomer of either kind is invited to each group, by the deployed client where it can, else by ours where it can. Gives the newcomers and
   * the groups to which they were invited.
   */
  async invite(groups) {
    const newcomers = [await newRealClient(this.#where), await newOwnClient(this.#where)];
    const inboxIds = await Promise.all(newcomers.map(({ client }) => client.inboxId));
    const invited = new Map();
    for (const [kind, groupId] of groups) {
      for (const inviter of ['real', 'own']) {
        const group = await this[inviter].client.conversations.getConversationById(groupId);
        const isDone = await group?.addMembers?.(inboxIds).then(
          () => true,
          () => false,
        );
        if (!isDone) continue;
        invited.set(kind, groupId);
        break;
      }
    }
    for (const { client } of newcomers) await client.conversations.syncAll(ALL_CONSENT);
    return { newcomers, invited };
  }
}
