/**
 * A store that dies at every write: the group is opened from what was durable, stands where it stood before the step or
 * after it, does the step again where it was lost, and goes on with everybody else.
 *
 * The store has transactions, as the contract of rows asks for: what is written counts once its end is written.
 */
import { toHex, utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { MemoryRows, MlsError, MlsGroup, type RowChange, type RowKind, type RowReader } from '../../src/index.js';
import { change, expectAgreement, Member, nameExtension, suite } from '../scenario/members.testkit.js';

class PowerCut extends Error {}

/** Rows with transactions, that die after a number of writes; the end of a transaction is a write as well. */
class FrailStore implements RowReader {
  #durable: MemoryRows;
  #writesLeft: number;
  /** Writes so far. */
  writes = 0;

  constructor(durable = new MemoryRows(), writesLeft = Number.POSITIVE_INFINITY) {
    this.#durable = durable;
    this.#writesLeft = writesLeft;
  }

  get(kind: RowKind, key: Uint8Array): Uint8Array | undefined {
    return this.#durable.get(kind, key);
  }

  scan(kind: RowKind, keyPrefix?: Uint8Array): ReturnType<RowReader['scan']> {
    return this.#durable.scan(kind, keyPrefix);
  }

  /** Beside the rows of the group the caller keeps what belongs to them: here how far the script has come. */
  transaction(changes: readonly RowChange[]): void {
    const next = this.#durable.copy();
    for (const one of changes) {
      this.#write();
      next.apply([one]);
    }
    this.#write();
    this.#durable = next;
  }

  #write(): void {
    if (this.#writesLeft === 0) throw new PowerCut();
    this.#writesLeft--;
    this.writes++;
  }

  /** The same durable rows in a store that dies after `writesLeft` more writes. */
  after(writesLeft?: number): FrailStore {
    return new FrailStore(this.#durable.copy(), writesLeft);
  }
}

const open = (store: FrailStore, { signatureKey }: Member) => MlsGroup.load({ suite, reader: store, signatureKey });

/** What tells one state of a group from another. */
function stateOf(group: MlsGroup): string {
  return [
    group.epoch,
    group.status,
    toHex(group.epochAuthenticator),
    group.memberCount,
    group.pendingProposals.map(({ reference }) => toHex(reference)),
  ].join();
}

/** One step of Bob's: what he does with the group; it may be done again from the state before it. */
type Step = readonly [name: string, act: (group: MlsGroup) => void];

/** A life of Bob's with everything that writes rows; the others have done their part already. */
function script(): { steps: Step[]; bob: Member; store: FrailStore; alice: Member; last: Uint8Array } {
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => new Member(name)) as [Member, Member, Member];
  alice.create();
  change(alice, [], [], [bob, carol]);
  const store = new FrailStore(bob.rows.copy());
  const rename = (name: string) => ({
    type: 'group-context-extensions' as const,
    extensions: [nameExtension(name)],
  });
  const merge = (message: Uint8Array) => (group: MlsGroup) => {
    const received = group.process(message);
    if (received.kind !== 'commit') throw new TypeError(received.kind);
    group.merge(received.staged);
  };
  const read = (message: Uint8Array) => (group: MlsGroup) => void group.process(message);
  const steps: Step[] = [];
  const text = alice.send('the first of a sender');
  const skipped = [alice.send('late'), alice.send('in time')] as [Uint8Array, Uint8Array];
  steps.push(['a message', read(text)], ['a message ahead', read(skipped[1])], ['a late message', read(skipped[0])]);
  steps.push(['a message of our own', (group) => void group.createApplicationMessage(utf8('hi'), bob.random)]);
  const past = carol.send('of an epoch that is over');
  const path = change(alice, [carol], [rename('one')]);
  steps.push(['a commit with a path', merge(path)], ['a message of the epoch before', read(past)]);
  const dave = new Member('dave');
  steps.push(['an add', merge(change(carol, [alice], [], [dave]))]);
  steps.push(['a newcomer’s message', read(dave.send('hello'))]);
  const { message: proposal } = alice.group.createProposal({
    proposal: { type: 'remove', leafIndex: 3 },
    random: alice.random,
  });
  alice.save();
  carol.receive(proposal);
  steps.push(['a proposal', read(proposal)]);
  const { message: removal, staged } = carol.commit([], { includePending: true });
  carol.merge(staged);
  alice.merge(alice.stage(removal));
  steps.push(['a commit of what was proposed', merge(removal)]);
  for (const name of ['two', 'three', 'four']) {
    steps.push([`a commit that ends an epoch kept, ${name}`, merge(change(alice, [carol], [rename(name)]))]);
  }
  return { steps, bob, store, alice, last: alice.send('after all that') };
}

describe('a store that dies at every write', () => {
  it('leaves the group before or after the step, and the group goes on', () => {
    const { steps, bob, store, last } = script();
    let current = store;
    let cuts = 0;
    for (const [position, [name, act]] of steps.entries()) {
      const whole = current.after();
      const group = open(whole, bob);
      const before = stateOf(group);
      act(group);
      whole.transaction(group.takeRows());
      const after = stateOf(open(whole, bob));
      expect(whole.writes).toBeGreaterThan(1);
      for (let writes = 0; writes < whole.writes; writes++) {
        const frail = current.after(writes);
        const doomed = open(frail, bob);
        act(doomed);
        expect(() => frail.transaction(doomed.takeRows())).toThrow(PowerCut);
        // The process is gone; what follows has the durable rows alone.
        const reopened = frail.after();
        const again = open(reopened, bob);
        expect([name, writes, stateOf(again)]).toEqual([name, writes, before]);
        act(again);
        reopened.transaction(again.takeRows());
        expect([name, writes, stateOf(open(reopened, bob))]).toEqual([name, writes, after]);
        cuts++;
        // The rest of the life, from the first and the last cut of each step: the whole would be quadratic.
        if (writes > 0 && writes < whole.writes - 1) continue;
        const survivor = open(reopened, bob);
        for (const [, later] of steps.slice(position + 1)) later(survivor);
        const received = survivor.process(last);
        expect(received.kind === 'application' && new TextDecoder().decode(received.data)).toBe('after all that');
      }
      current = whole;
    }
    expect(cuts).toBeGreaterThan(100);
  });

  it('reads nothing twice: what was durable when it died is spent', () => {
    const { steps, bob, store } = script();
    const whole = store.after();
    const [first] = steps as [Step];
    const group = open(whole, bob);
    first[1](group);
    whole.transaction(group.takeRows());
    // It dies before anybody hears of it; the message comes again.
    let code: string | undefined;
    try {
      first[1](open(whole.after(), bob));
    } catch (error) {
      if (error instanceof MlsError) code = error.code;
    }
    expect(code).toBe('mls/generation-spent');
  });

  it('leaves our own commit to be merged from its stored form, or made again', () => {
    const { bob, store, steps } = script();
    const settled = store.after();
    const caught = open(settled, bob);
    for (const [, act] of steps) act(caught);
    settled.transaction(caught.takeRows());
    const whole = settled.after();
    const group = open(whole, bob);
    const { message, staged } = group.createCommit({ proposals: [], random: bob.random });
    const stored = staged.encode();
    whole.transaction(group.takeRows());
    const made = whole.writes;
    for (let writes = 0; writes <= made; writes++) {
      const frail = settled.after(writes);
      const doomed = open(frail, bob);
      const commit = doomed.createCommit({ proposals: [], random: bob.random });
      const kept = commit.staged.encode();
      const write = () => frail.transaction(doomed.takeRows());
      if (writes < made) expect(write).toThrow(PowerCut);
      else write();
      const again = open(frail.after(), bob);
      expect(again.epoch).toBe(group.epoch);
      // Whatever was on the wire by then: the stored form is good over the state before as over the state after.
      again.merge(again.decodeStagedCommit(kept));
      expect(again.epoch).toBe(group.epoch + 1n);
    }
    const merging = open(whole.after(), bob);
    merging.merge(merging.decodeStagedCommit(stored));
    const rows = merging.takeRows();
    for (let writes = 0; writes <= rows.length; writes++) {
      const frail = whole.after(writes);
      const doomed = open(frail, bob);
      doomed.merge(doomed.decodeStagedCommit(stored));
      expect(() => frail.transaction(doomed.takeRows())).toThrow(PowerCut);
      const again = open(frail.after(), bob);
      again.merge(again.decodeStagedCommit(stored));
      expect(stateOf(again)).toBe(stateOf(merging));
    }
    expect(message.length).toBeGreaterThan(0);
  });

  it('and everybody else agrees with who survived it', () => {
    const { steps, bob, store, alice } = script();
    let current = store;
    for (const [position, [, act]] of steps.entries()) {
      const frail = current.after(position % 2);
      const doomed = open(frail, bob);
      act(doomed);
      expect(() => frail.transaction(doomed.takeRows())).toThrow(PowerCut);
      current = frail.after();
      const again = open(current, bob);
      act(again);
      current.transaction(again.takeRows());
    }
    const survivor = new Member('bob').goOnWith(open(current.after(), bob));
    expectAgreement([alice, survivor]);
    const { message, staged } = survivor.group.createCommit({ proposals: [], random: bob.random });
    alice.merge(alice.stage(message));
    survivor.merge(staged);
    expectAgreement([alice, survivor]);
  });
});
