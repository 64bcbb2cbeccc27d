/** Plays a script: every actor is a peer, every message reaches everybody, and after each change all must agree. */
import { toHex, utf8 } from '@conclave/crypto';
import type {
  Implementation,
  Outsider,
  Peer,
  PeerCommit,
  PeerOptions,
  ProposalDescription,
  PublishedGroup,
} from './peer.testkit.js';
import {
  actorsOf,
  EVERYBODY,
  requirementsOf,
  type Script,
  type ScriptProposal,
  type Step,
  type Successor,
  toExtensions,
} from './script.testkit.js';

/** Who plays whom. */
export type Cast = (actor: string) => Implementation;

/** Two implementations by turns: the first, third, … actor is the first of them. */
export function alternating(script: Script, [first, second]: readonly [Implementation, Implementation]): Cast {
  const actors = actorsOf(script);
  return (actor) => (actors.indexOf(actor) % 2 === 0 ? first : second);
}

/** Why the cast cannot play the script; undefined when it can. */
export function whyNot(script: Script, cast: Cast, handshake: PeerOptions['handshake']): string | undefined {
  const actors = actorsOf(script);
  const isMixed = new Set(actors.map((actor) => cast(actor))).size > 1;
  const needs = [
    ...requirementsOf(script),
    ...(handshake === 'public' ? [[EVERYBODY, 'public-handshake'] as const] : []),
  ];
  for (const [who, feature] of needs) {
    for (const actor of who === EVERYBODY ? actors : [who]) {
      const support = cast(actor).features[feature];
      if (support === true) continue;
      const reason = typeof support === 'string' ? support : isMixed ? support.onlyAmongItself : undefined;
      if (reason !== undefined) return `${feature}: ${reason}`;
    }
  }
  return undefined;
}

/** Plays a script to its end. Rejects with the step that went wrong. */
export async function play(script: Script, cast: Cast, options: Omit<PeerOptions, 'name'>): Promise<void> {
  const performance = new Performance(cast, options);
  for (const [index, step] of script.entries()) {
    try {
      await performance.perform(step);
      await performance.expectAgreement();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`step ${index}, ${JSON.stringify(step)}: ${reason}`, { cause });
    }
  }
}

/** Text that was sent, with its ciphertext. */
interface Sent {
  readonly message: Uint8Array;
  readonly text: string;
  readonly aad: string;
}

class Performance {
  readonly #cast: Cast;
  readonly #options: Omit<PeerOptions, 'name'>;
  readonly #peers = new Map<string, Peer>();
  /** Those in the group. */
  readonly #present = new Set<Peer>();
  /** Whose removal was proposed in this epoch. */
  readonly #leaving = new Set<string>();
  readonly #outsiders = new Map<string, Outsider>();
  readonly #admitted: string[] = [];
  readonly #keyPackages = new Map<string, Uint8Array>();
  readonly #psks = new Map<string, Uint8Array>();
  readonly #sent = new Map<string, Sent>();
  #groupId = utf8('interop');
  #suite: number;
  /** What an outsider proposed for the next `reinit` step. */
  #proposedSuccessor: Extract<ProposalDescription, { type: 'reinit' }> | undefined;

  constructor(cast: Cast, options: Omit<PeerOptions, 'name'>) {
    this.#cast = cast;
    this.#options = options;
    this.#suite = options.suite;
  }

  async perform(step: Step): Promise<void> {
    switch (step.do) {
      case 'create':
        return this.#create(step);
      case 'key-package':
        this.#keyPackages.set(step.as, await (await this.#peer(step.by)).createKeyPackage());
        return;
      case 'psk':
        return this.#installPsk(step);
      case 'propose': {
        const author = await this.#peer(step.by);
        return this.#deliver(await author.propose(this.#describe(step.proposal)), author);
      }
      case 'commit':
        return this.#commit(step);
      case 'send':
        return this.#send(step);
      case 'read':
        return this.#read(step);
      case 'external-join':
        return this.#externalJoin(step);
      case 'propose-own-addition': {
        const newcomer = await this.#peer(step.by);
        return this.#deliver(await newcomer.proposeOwnAddition(await this.#publish(step.through)));
      }
      case 'admit-sender':
        return this.#admitSender(step);
      case 'propose-from-outside':
        return this.#proposeFromOutside(step);
      case 'reinit':
        return this.#reinit(step);
      case 'branch': {
        const members = await Promise.all([step.by, ...step.members].map((name) => this.#peer(name)));
        const suite = this.#suite;
        const next = { kind: 'branch', groupId: utf8('a branch'), suite, ...successorExtensions(step) } as const;
        return this.#startSuccessor(step, next, members[0] as Peer, members.slice(1));
      }
    }
  }

  /** All in the group agree on the epoch, its authenticator and what it exports. */
  async expectAgreement(): Promise<void> {
    const views = await Promise.all(
      [...this.#present].map(async (peer) => ({
        name: `${peer.name} (${peer.implementation.name})`,
        view: [
          peer.epoch,
          toHex(peer.epochAuthenticator()),
          toHex(await peer.exportSecret('interop', utf8('context'), 48)),
        ].join(' '),
      })),
    );
    const [first] = views;
    for (const { name, view } of views) {
      if (view !== first?.view) throw new Error(`${name} and ${first?.name} disagree: ${view} and ${first?.view}`);
    }
  }

  async #peer(name: string): Promise<Peer> {
    let peer = this.#peers.get(name);
    if (peer === undefined) {
      peer = await this.#cast(name).create({ ...this.#options, name });
      this.#peers.set(name, peer);
    }
    return peer;
  }

  #describe(proposal: ScriptProposal): ProposalDescription {
    if ('add' in proposal) return { type: 'add', keyPackage: this.#keyPackages.get(proposal.add) as Uint8Array };
    if ('remove' in proposal) {
      this.#leaving.add(proposal.remove);
      return { type: 'remove', member: proposal.remove };
    }
    if ('externalPsk' in proposal) return { type: 'external-psk', id: utf8(proposal.externalPsk) };
    if ('resumptionPsk' in proposal) return { type: 'resumption-psk', epoch: BigInt(proposal.resumptionPsk) };
    if ('extensions' in proposal) {
      return { type: 'group-context-extensions', extensions: toExtensions(proposal.extensions) };
    }
    return { type: 'update' };
  }

  async #create({ by, members = [] }: Extract<Step, { do: 'create' }>): Promise<void> {
    const creator = await this.#peer(by);
    await creator.createGroup(this.#groupId, []);
    this.#present.add(creator);
    if (members.length === 0) return;
    for (const name of members) await this.perform({ do: 'key-package', by: name, as: `${name}'s first` });
    const proposals = members.map((name) => ({ add: `${name}'s first` }));
    await this.#commit({ do: 'commit', by, proposals, joiners: members });
  }

  async #installPsk({ for: names, as }: Extract<Step, { do: 'psk' }>): Promise<void> {
    const value = Uint8Array.from({ length: 32 }, (_, i) => i + this.#psks.size);
    this.#psks.set(as, value);
    for (const name of names) (await this.#peer(name)).installPsk(utf8(as), value);
  }

  async #commit(step: Extract<Step, { do: 'commit' }>): Promise<void> {
    const { by, proposals = [], joiners = [], forcePath = false, treeApart = false } = step;
    const committer = await this.#peer(by);
    const byValue = proposals.map((proposal) => this.#describe(proposal));
    const commit = await committer.commit({ byValue, forcePath, treeApart });
    await this.#follow(committer, commit.message);
    for (const name of joiners) await this.#join(await this.#peer(name), commit);
  }

  /** The committer and everybody else enter the next epoch; who was removed leaves. */
  async #follow(committer: Peer, message: Uint8Array): Promise<void> {
    for (const peer of this.#present) {
      const isTold = !this.#leaving.has(peer.name) || peer.implementation.features['notice-replacement'] === true;
      if (!isTold) this.#present.delete(peer);
    }
    await this.#deliver(message, committer);
    await committer.confirmCommit();
    for (const peer of this.#present) if (!peer.isMember) this.#present.delete(peer);
    for (const name of this.#leaving) {
      if ([...this.#present].some((peer) => peer.name === name)) throw new Error(`${name} did not notice its removal`);
    }
    this.#leaving.clear();
  }

  async #join(joiner: Peer, { welcome, ratchetTree }: PeerCommit): Promise<void> {
    if (welcome === undefined) throw new Error('the commit has no Welcome');
    await joiner.join(welcome, ratchetTree);
    this.#present.add(joiner);
  }

  async #deliver(message: Uint8Array, author?: Peer): Promise<void> {
    for (const peer of this.#present) if (peer !== author) await peer.receive(message);
  }

  async #send({ by, text, aad, as }: Extract<Step, { do: 'send' }>): Promise<void> {
    const message = await (await this.#peer(by)).protect(utf8(text), utf8(aad));
    this.#sent.set(as, { message, text, aad });
  }

  async #read({ by, message: name }: Extract<Step, { do: 'read' }>): Promise<void> {
    const { message, text, aad } = this.#sent.get(name) as Sent;
    const received = await (await this.#peer(by)).receive(message);
    if (received.kind !== 'application') throw new Error(`${received.kind} instead of a message`);
    const [data, read] = [received.data, received.aad].map((bytes) => new TextDecoder().decode(bytes));
    if (data !== text || read !== aad) throw new Error(`read “${data}” with “${read}”`);
  }

  async #publish(name: string, treeApart = false): Promise<PublishedGroup> {
    return (await this.#peer(name)).publishGroup(treeApart);
  }

  async #externalJoin(step: Extract<Step, { do: 'external-join' }>): Promise<void> {
    const { by, through, treeApart = false, resync = false, psks = [] } = step;
    const newcomer = await this.#peer(by);
    this.#present.delete(newcomer);
    const published = await this.#publish(through, treeApart);
    const message = await newcomer.externalJoin(published, resync, psks.map(utf8));
    await this.#deliver(message);
    this.#present.add(newcomer);
  }

  async #admitSender({ by, sender }: Extract<Step, { do: 'admit-sender' }>): Promise<void> {
    const outsider = await this.#cast(sender).createOutsider({ ...this.#options, name: sender });
    this.#outsiders.set(sender, outsider);
    this.#admitted.push(sender);
    const externalSenders = [...this.#outsiders.values()].map(({ externalSender }) => externalSender);
    const committer = await this.#peer(by);
    const extensions = { type: 'group-context-extensions', extensions: [], externalSenders } as const;
    const { message } = await committer.commit({ byValue: [extensions] });
    await this.#follow(committer, message);
  }

  async #proposeFromOutside(step: Extract<Step, { do: 'propose-from-outside' }>): Promise<void> {
    const { by, through, proposal } = step;
    const description = 'reinit' in proposal ? this.#describeReinit(proposal.reinit) : this.#describe(proposal);
    if (description.type === 'reinit') this.#proposedSuccessor = description;
    const group = await this.#publish(through, true);
    const outsider = this.#outsiders.get(by) as Outsider;
    await this.#deliver(await outsider.propose(group, this.#admitted.indexOf(by), description));
  }

  #describeReinit(successor: Successor): Extract<ProposalDescription, { type: 'reinit' }> {
    const groupId = successor.otherGroupId ? utf8('interop, once more') : this.#groupId;
    const suite = successor.otherSuite ? 0x0004 - this.#suite : this.#suite;
    return { type: 'reinit', groupId, suite, ...successorExtensions(successor) };
  }

  async #reinit(step: Extract<Step, { do: 'reinit' }>): Promise<void> {
    const description = this.#proposedSuccessor ?? this.#describeReinit(step);
    this.#proposedSuccessor = undefined;
    if (step.proposer !== undefined) {
      const proposer = await this.#peer(step.proposer);
      await this.#deliver(await proposer.propose(description), proposer);
    }
    const committer = await this.#peer(step.committer);
    // Nobody is a member of a group that stands still, but all stay for its successor.
    const members = [...this.#present];
    const { message } = await committer.commit({});
    await this.#deliver(message, committer);
    await committer.confirmCommit();
    await this.expectAgreement();
    const welcomer = await this.#peer(step.welcomer);
    const others = members.filter((member) => member !== welcomer);
    await this.#startSuccessor(step, { ...description, kind: 'reinit' }, welcomer, others);
  }

  async #startSuccessor(
    { forcePath = false, treeApart = false }: Successor,
    next: Omit<Parameters<Peer['startSuccessor']>[0], 'keyPackages' | 'forcePath' | 'treeApart'>,
    founder: Peer,
    others: readonly Peer[],
  ): Promise<void> {
    const { kind, groupId, suite, extensions } = next;
    const keyPackages: Uint8Array[] = [];
    for (const other of others) keyPackages.push(await other.createKeyPackage(suite));
    const request = { kind, groupId, suite, extensions, keyPackages, forcePath, treeApart };
    const { welcome, ratchetTree } = await founder.startSuccessor(request);
    if (welcome === undefined) throw new Error('the commit has no Welcome');
    for (const other of others) await other.joinSuccessor(kind, welcome, ratchetTree);
    this.#present.clear();
    for (const peer of [founder, ...others]) this.#present.add(peer);
    this.#groupId = groupId;
    this.#suite = suite;
  }
}

function successorExtensions({ extensions }: Successor) {
  return { extensions: toExtensions(extensions) };
}
