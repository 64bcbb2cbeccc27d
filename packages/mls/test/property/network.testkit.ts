/**
 * A network that puts commits in order and is careless with everything: packets are lost, late, early, doubled and out
 * of order. Clients act on what they know, so they propose and commit for epochs that are over. After every step whoever
 * entered an epoch must agree with all who entered it before.
 */
import { toHex } from '@conclave/crypto';
import { expect } from 'vitest';
import { decodeGroupHeader, type KeptSecrets } from '../../src/group/group-header.js';
import type { GroupContext, MlsConfig, OwnKeyPackage, Proposal, StagedCommit } from '../../src/index.js';
import { ROW_KIND } from '../../src/rows.js';
import { nameExtension, refusal, UNHURRIED_POLICY } from '../scenario/members.testkit.js';
import type { Chance } from './chance.testkit.js';
import { Client, type Packet } from './client.testkit.js';

/** A commit that the network accepted, with what an honest member knows of the epoch that it began. */
export interface Accepted {
  readonly packet: Extract<Packet, { kind: 'commit' }>;
  /** Epoch that it began. */
  readonly epoch: bigint;
  readonly context: GroupContext;
  readonly welcome: Uint8Array | undefined;
}

/** What members of an epoch share. */
export interface EpochRecord {
  readonly authenticator: string;
  readonly secrets: KeptSecrets;
  /** Root of the secret tree. */
  readonly encryptionSecret: Uint8Array;
}

/** How a run goes. */
export interface NetworkOptions {
  readonly chance: Chance;
  readonly maximumMembers: number;
  readonly handshake: MlsConfig['handshake'];
}

export class Network {
  readonly members: Client[] = [];
  readonly removed: Client[] = [];
  readonly log: Accepted[] = [];
  readonly applications: Extract<Packet, { kind: 'application' }>[] = [];
  readonly epochs = new Map<bigint, EpochRecord>();
  readonly counts = { accepted: 0, lost: 0, read: 0, refused: 0, proposals: 0, restarts: 0 };
  readonly #options: NetworkOptions;
  /** Kept for who asks again. */
  readonly #proposals: Extract<Packet, { kind: 'proposal' }>[] = [];
  #names = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    const founder = this.#newClient();
    founder.create();
    founder.joinedAt = 0n;
    this.members.push(founder);
    this.#checkEpoch(founder);
  }

  get #chance(): Chance {
    return this.#options.chance;
  }

  /** The epoch of whoever has followed the log to its end. */
  get head(): bigint {
    return BigInt(this.log.length);
  }

  /** One thing happens. */
  step(): void {
    const chance = this.#chance;
    const client = chance.pick(this.members);
    const roll = chance.next();
    if (roll < 0.3) this.#deliver(chance.pick([...this.members, ...this.removed]), 1 + chance.below(6));
    else if (roll < 0.55) this.#send(client);
    else if (roll < 0.65) this.#propose(client);
    else if (roll < 0.85) this.#commit(client);
    else if (roll < 0.93) this.#catchUp(client);
    else this.#restart(client);
  }

  /** Everything on its way arrives, and everybody follows the log to its end. */
  settle(): void {
    for (const client of [...this.members, ...this.removed]) {
      this.#deliver(client, Number.POSITIVE_INFINITY);
      this.#catchUp(client);
    }
    for (const client of this.members) expect([client.name, client.group.epoch]).toEqual([client.name, this.head]);
  }

  #newClient(): Client {
    return new Client(`client ${this.#names++}`, { handshake: this.#options.handshake, policy: UNHURRIED_POLICY });
  }

  /** Into the inboxes of all who should get it: lost here and there, doubled elsewhere. */
  #broadcast(packet: Packet): void {
    for (const client of [...this.members, ...this.removed]) {
      const roll = this.#chance.next();
      if (roll < 0.1) continue;
      client.inbox.push(packet);
      if (roll > 0.85) client.inbox.push(packet);
    }
  }

  #isIn(client: Client): boolean {
    return client.joinedAt !== undefined;
  }

  #send(client: Client): void {
    if (!this.#isIn(client)) return;
    const { epoch, ownLeafIndex: fromLeaf } = client.group;
    const text = `message ${this.applications.length}`;
    const packet = { kind: 'application', bytes: client.send(text), epoch, from: client, fromLeaf, text } as const;
    const numbered = { ...packet, generation: client.sent++ };
    this.applications.push(numbered);
    this.#broadcast(numbered);
  }

  #propose(client: Client): void {
    if (!this.#isIn(client) || client.group.epoch !== this.head) return;
    // One in an epoch, so that a commit of all that was proposed breaks no rule.
    if (this.#proposals.some(({ epoch }) => epoch === this.head)) return;
    const proposal: Proposal = { type: 'group-context-extensions', extensions: [nameExtension(`${this.head}`)] };
    const { message } = client.group.createProposal({ proposal, random: client.random });
    client.save();
    const packet = { kind: 'proposal', bytes: message, epoch: this.head, from: client } as const;
    this.#proposals.push(packet);
    this.#broadcast(packet);
    this.counts.proposals++;
  }

  /** Makes a commit for the epoch that the client believes in; the network takes the first of each epoch. */
  #commit(client: Client): void {
    const chance = this.#chance;
    // Most ask what is new before they commit; the others lose.
    if (chance.happens(0.7)) this.#catchUp(client);
    if (!this.#isIn(client) || client.pending !== undefined || client.removedAt !== undefined) return;
    const { proposals, joiners } = this.#changes(client);
    const { epoch } = client.group;
    const commit = client.commit(proposals, { includePending: true, forcePath: chance.happens(0.3) });
    const staged = commit.staged.encode();
    client.remember(staged);
    client.pending = { epoch, bytes: commit.message, staged };
    const packet = { kind: 'commit', bytes: commit.message, epoch, from: client } as const;
    if (epoch !== this.head) {
      this.counts.lost++;
      // A member whose commit lost the race may still have it delivered to others.
      if (chance.happens(0.5)) this.#broadcast(packet);
      return;
    }
    this.counts.accepted++;
    const { context } = commit.staged;
    this.log.push({ packet, epoch: epoch + 1n, context, welcome: commit.welcome });
    this.#broadcast(packet);
    const gone = new Set(commit.staged.removed.map(({ leafNode }) => toHex(leafNode.signatureKey)));
    for (const member of [...this.members]) {
      if (!gone.has(toHex(member.signatureKey.publicKey))) continue;
      this.members.splice(this.members.indexOf(member), 1);
      this.removed.push(member);
    }
    for (const [joiner, own] of joiners) {
      this.members.push(joiner);
      joiner.inbox.push({ kind: 'welcome', bytes: commit.welcome as Uint8Array, own });
    }
  }

  #changes(client: Client): { proposals: Proposal[]; joiners: Map<Client, OwnKeyPackage> } {
    const chance = this.#chance;
    const joiners = new Map<Client, OwnKeyPackage>();
    const isNew = client.group.epoch === this.head;
    const room = this.#options.maximumMembers - this.members.length;
    const count = isNew ? Math.min(room, chance.below(this.members.length < 8 ? 6 : 4)) : 0;
    for (let i = 0; i < count; i++) {
      const joiner = this.#newClient();
      joiners.set(joiner, joiner.keyPackage());
    }
    const others = [...client.group.members()].filter(({ leafIndex }) => leafIndex !== client.group.ownLeafIndex);
    const leavers = chance.happens(0.35) ? chance.shuffled(others).slice(0, 1 + chance.below(3)) : [];
    return {
      joiners,
      proposals: [
        ...leavers.map(({ leafIndex }) => ({ type: 'remove', leafIndex }) as const),
        ...[...joiners.values()].map(({ keyPackage }) => ({ type: 'add', keyPackage }) as const),
      ],
    };
  }

  #restart(client: Client): void {
    if (!this.#isIn(client)) return;
    client.restart();
    this.counts.restarts++;
  }

  /** Some packets of the inbox arrive, in an order by chance; what comes too early is kept. */
  #deliver(client: Client, count: number): void {
    const chance = this.#chance;
    const arriving = chance.shuffled(client.inbox).slice(0, count);
    const isEverything = count >= client.inbox.length;
    for (const packet of arriving) {
      const isKept = this.#handle(client, packet);
      // Once everything has arrived, what is still too early waits for `#catchUp`.
      if (!isKept || !isEverything) client.inbox.splice(client.inbox.indexOf(packet), 1);
      if (isKept && !isEverything) client.inbox.push(packet);
    }
  }

  /** True when the packet came too early and may be tried again. */
  #handle(client: Client, packet: Packet): boolean {
    if (packet.kind === 'welcome') {
      if (!this.#isIn(client)) this.#join(client, packet);
      return false;
    }
    if (!this.#isIn(client)) return true;
    const now = client.group.epoch;
    switch (packet.kind) {
      case 'application': {
        const expected = client.expectationOf(packet);
        expect(client.outcomeOf(packet), `${packet.text} of epoch ${packet.epoch} at ${client.name}`).toBe(expected);
        if (expected.startsWith('mls/')) this.counts.refused++;
        else this.counts.read++;
        return expected === 'mls/wrong-epoch';
      }
      case 'proposal':
        this.#handleProposal(client, packet);
        return packet.epoch > now && client.removedAt === undefined;
      case 'commit': {
        if (packet.epoch === now && this.#isAccepted(packet) && client.removedAt === undefined) {
          this.#follow(client, packet);
          return false;
        }
        const outcome = tryToStage(client, packet.bytes);
        if (client.removedAt !== undefined) expect(outcome).toBe('mls/removed');
        else if (packet.epoch !== now) expect(outcome).toBe('mls/wrong-epoch');
        // It lost the race: looked at, dropped, and nothing has happened.
        expect(client.group.takeRows()).toEqual([]);
        return packet.epoch > now && client.removedAt === undefined;
      }
    }
  }

  #isAccepted(packet: Packet): boolean {
    return this.log.some((accepted) => accepted.packet === packet);
  }

  #handleProposal(client: Client, packet: Extract<Packet, { kind: 'proposal' }>): void {
    const now = client.group.epoch;
    const outcome = client.outcomeOf(packet);
    if (client.removedAt !== undefined) expect(outcome).toBe('mls/removed');
    else if (packet.epoch !== now) expect(outcome).toBe('mls/wrong-epoch');
    else if (packet.from === client) expect(outcome).toBe('mls/own-message');
    else expect(outcome).toMatch(/^(proposal|mls\/generation-spent)$/);
  }

  #join(client: Client, { bytes, own }: Extract<Packet, { kind: 'welcome' }>): void {
    client.join(bytes, own);
    client.joinedAt = client.group.epoch;
    this.#checkEpoch(client);
  }

  /** Enters the next epoch by an accepted commit: the client's own, or another's. */
  #follow(client: Client, packet: Extract<Packet, { kind: 'commit' }>): void {
    if (packet.from === client && client.pending?.bytes === packet.bytes) {
      client.enter(client.group.decodeStagedCommit(client.pending.staged));
    } else {
      const lost = client.pending;
      const staged = this.#stage(client, packet);
      client.enter(staged);
      if (lost !== undefined) {
        expect(refusal(() => client.group.decodeStagedCommit(lost.staged))).toBe('mls/stale-diff');
      }
    }
    this.#checkEpoch(client);
  }

  #stage(client: Client, packet: Extract<Packet, { kind: 'commit' }>): StagedCommit {
    const first = tryToStage(client, packet.bytes);
    if (first === 'mls/validation proposal-reference') {
      // The proposal never arrived: the network has it.
      for (const proposal of this.#proposals) if (proposal.epoch === packet.epoch) client.outcomeOf(proposal);
    }
    const staged = typeof first === 'string' ? client.stage(packet.bytes) : first;
    if (!this.#chance.happens(0.3)) return staged;
    const stored = staged.encode();
    client.restart();
    return client.group.decodeStagedCommit(stored);
  }

  /** Fetches what the client missed. */
  #catchUp(client: Client): void {
    const welcome = client.inbox.find(({ kind }) => kind === 'welcome');
    if (!this.#isIn(client) && welcome?.kind === 'welcome') this.#join(client, welcome);
    for (;;) {
      if (client.removedAt !== undefined) return;
      const next = this.log[Number(client.group.epoch)];
      if (next === undefined) return;
      this.#follow(client, next.packet);
    }
  }

  /** All who enter an epoch agree with the first who did. */
  #checkEpoch(client: Client): void {
    const { group, rows } = client;
    if (group.status === 'removed') return;
    const known = this.epochs.get(group.epoch);
    if (known !== undefined) {
      expect(client.authenticator, `${client.name} in epoch ${group.epoch}`).toBe(known.authenticator);
      return;
    }
    const { secrets } = decodeGroupHeader(rows.get(ROW_KIND.header, new Uint8Array(0)) as Uint8Array);
    const [root] = rows.scan(ROW_KIND.secretTreeNode).filter(({ key }) => epochOf(key) === group.epoch);
    this.epochs.set(group.epoch, {
      authenticator: client.authenticator,
      secrets,
      encryptionSecret: root?.value.slice() as Uint8Array,
    });
  }
}

/** The staged commit, or the code of the refusal. */
function tryToStage(client: Client, bytes: Uint8Array): StagedCommit | string {
  let staged: StagedCommit | undefined;
  const code = refusal(() => {
    const processed = client.group.process(bytes);
    if (processed.kind === 'commit') staged = processed.staged;
  });
  return staged ?? code;
}

function epochOf(key: Uint8Array): bigint {
  return new DataView(key.buffer, key.byteOffset).getBigUint64(0);
}
