/** Vectors of a client that joins and follows, made from fixed seeds in the working group's format. */
import { encodeTls, toHex, utf8 } from '@conclave/crypto';
import { writeMlsMessage } from '../../src/framing/mls-message.js';
import type { OwnKeyPackage, PreSharedKeyId, Proposal } from '../../src/index.js';
import { RFC_POLICY } from '../../src/validation/policy.js';
import { Chance } from '../property/chance.testkit.js';
import { Member, nameExtension } from '../scenario/members.testkit.js';
import { SUITES, suiteOf } from './load.testkit.js';
import type { PassiveClientCase } from './passive-client.testkit.js';

const PSK = { psk_id: toHex(utf8('external psk')), psk: toHex(utf8('secret psk')) };
const PSK_ID: PreSharedKeyId = { type: 'external', pskId: utf8('external psk'), nonce: new Uint8Array(32).fill(3) };

interface Epoch {
  readonly proposals: readonly string[];
  readonly commit: string;
  readonly epoch_authenticator: string;
}

/** A group whose history is written down from the moment when the passive client joins. */
class Recorded {
  readonly members: Member[];
  readonly #suite: number;
  readonly #epochs: Epoch[] = [];
  #passive: (Omit<PassiveClientCase, 'epochs'> & { readonly name: string }) | undefined;

  constructor(suite: number, founder: string) {
    this.#suite = suite;
    this.members = [this.newMember(founder).create()];
  }

  newMember(name: string): Member {
    const psk = (id: PreSharedKeyId) => (id.type === 'external' ? utf8('secret psk') : undefined);
    return new Member(name, { handshake: 'public', policy: RFC_POLICY, psk }, suiteOf(this.#suite));
  }

  member(at: number): Member {
    return this.members[at % this.members.length] as Member;
  }

  /** `committer` commits what was proposed and `proposals`, everybody follows, `joiners` join. */
  commit(
    committer: Member,
    proposals: readonly Proposal[],
    options: {
      readonly joiners?: readonly Member[];
      readonly forcePath?: boolean;
      readonly proposed?: readonly (readonly [Member, Proposal])[];
      /** Name of the joiner that is the passive client, and whether its Welcome is without a tree. */
      readonly passive?: string;
    } = {},
  ): void {
    const { joiners = [], forcePath = false, proposed = [] } = options;
    const messages = proposed.map(([by, proposal]) => {
      const { message } = by.group.createProposal({ proposal, random: by.random });
      by.save();
      for (const other of this.members) if (other !== by) other.receive(message);
      return toHex(message);
    });
    const packages = joiners.map((joiner) => joiner.keyPackage());
    const adds = packages.map(({ keyPackage }) => ({ type: 'add', keyPackage }) as const);
    const { message, welcome, staged } = committer.commit([...adds, ...proposals], {
      includePending: true,
      forcePath,
    });
    committer.merge(staged);
    for (const other of this.members) if (other !== committer) other.merge(other.stage(message));
    for (const [i, joiner] of joiners.entries()) joiner.join(welcome as Uint8Array, packages[i] as OwnKeyPackage);
    this.members.push(...joiners);
    for (const gone of this.members.filter(({ inGroup }) => !inGroup))
      this.members.splice(this.members.indexOf(gone), 1);
    if (this.#passive !== undefined) {
      this.#epochs.push({ proposals: messages, commit: toHex(message), epoch_authenticator: committer.authenticator });
    }
    const position = joiners.findIndex(({ name }) => name === options.passive);
    if (position >= 0) this.#startRecording(joiners[position] as Member, packages[position] as OwnKeyPackage, welcome);
  }

  /** The vector of the passive client. */
  vector(): PassiveClientCase {
    if (this.#passive === undefined) throw new TypeError('nobody was passive');
    const { name: _, ...passive } = this.#passive;
    return { ...passive, epochs: this.#epochs };
  }

  #startRecording(joiner: Member, own: OwnKeyPackage, welcome: Uint8Array | undefined): void {
    this.#passive = {
      name: joiner.name,
      cipher_suite: this.#suite,
      external_psks: [PSK],
      key_package: toHex(encodeTls({ wireFormat: 5, keyPackage: own.keyPackage } as const, writeMlsMessage)),
      signature_priv: toHex(joiner.signatureSeed),
      encryption_priv: toHex(own.encryptionPrivateKey),
      init_priv: toHex(own.initPrivateKey),
      welcome: toHex(welcome as Uint8Array),
      ratchet_tree: null,
      initial_epoch_authenticator: joiner.authenticator,
    };
  }
}

/** `passive-client-welcome.json`: alone or among others, with and without a path, with a pre-shared key. */
export function makePassiveClientWelcome() {
  return SUITES.flatMap((suite) =>
    [
      { others: [], forcePath: false, proposals: [] },
      { others: ['bob', 'carol'], forcePath: true, proposals: [] },
      { others: ['bob'], forcePath: false, proposals: [{ type: 'psk', psk: PSK_ID } as const] },
    ].map(({ others, forcePath, proposals }) => {
      const group = new Recorded(suite, 'alice');
      const joiners = [...others, 'passive'].map((name) => group.newMember(name));
      group.commit(group.member(0), proposals, { joiners, forcePath, passive: 'passive' });
      return group.vector();
    }),
  );
}

/** `passive-client-handling-commit.json`: each kind of change, by value and by reference. */
export function makePassiveClientHandlingCommit() {
  return SUITES.map((suite) => {
    const group = new Recorded(suite, 'alice');
    const [bob, carol, passive, dave, erin] = ['bob', 'carol', 'passive', 'dave', 'erin'].map((name) =>
      group.newMember(name),
    ) as [Member, Member, Member, Member, Member];
    const alice = group.member(0);
    const rename = (name: string) => ({ type: 'group-context-extensions', extensions: [nameExtension(name)] }) as const;
    group.commit(alice, [], { joiners: [bob, carol, passive], passive: 'passive' });
    group.commit(bob, []);
    group.commit(carol, [rename('by value')], { joiners: [dave] });
    group.commit(alice, [], { proposed: [[dave, rename('by reference')]] });
    group.commit(bob, [{ type: 'psk', psk: PSK_ID }], { forcePath: true });
    group.commit(dave, [{ type: 'remove', leafIndex: carol.group.ownLeafIndex }]);
    group.commit(alice, [], {
      proposed: [[dave, { type: 'remove', leafIndex: bob.group.ownLeafIndex }]],
      joiners: [erin],
    });
    group.commit(erin, []);
    return group.vector();
  });
}

/** `passive-client-random.json`: 25 commits of up to nine members, chosen by chance. */
export function makePassiveClientRandom() {
  return SUITES.map((suite) => {
    const chance = new Chance(suite);
    const group = new Recorded(suite, 'founder');
    const passive = group.newMember('passive');
    const first = ['a', 'b'].map((name) => group.newMember(name));
    group.commit(group.member(0), [], { joiners: [...first, passive], forcePath: true, passive: 'passive' });
    for (let step = 0; step < 25; step++) {
      const active = group.members.filter((member) => member !== passive);
      const committer = chance.pick(active);
      const leaving = chance.happens(0.3) ? active.filter((member) => member !== committer).slice(0, 1) : [];
      const room = 9 - group.members.length;
      const joiners = Array.from({ length: Math.min(room, chance.below(3)) }, (_, i) =>
        group.newMember(`${step}.${i}`),
      );
      const proposals: Proposal[] = leaving.map(({ group: { ownLeafIndex } }) => ({
        type: 'remove',
        leafIndex: ownLeafIndex,
      }));
      if (chance.happens(0.2)) proposals.push({ type: 'psk', psk: { ...PSK_ID, nonce: committer.random(32) } });
      const rename = { type: 'group-context-extensions', extensions: [nameExtension(`${step}`)] } as const;
      const proposed = chance.happens(0.3) ? [[chance.pick(active), rename] as const] : [];
      group.commit(committer, proposals, { joiners, proposed, forcePath: chance.happens(0.5) });
    }
    return group.vector();
  });
}
