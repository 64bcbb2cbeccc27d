/**
 * Random lives of groups of up to 12 members: joining, leaving, renaming, rotating, sending early and late, losing
 * races, restarting. After each step all members agree.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OwnKeyPackage, type Proposal, ROW_KIND } from '../../src/index.js';
import { RatchetTree } from '../../src/tree/ratchet-tree.js';
import { directPath, nodeIndex } from '../../src/tree/tree-math.js';
import { expectAgreement, Member, nameExtension, refusal, suite } from './members.testkit.js';

type Operation =
  | {
      readonly kind: 'change';
      readonly by: number;
      readonly add: number;
      readonly remove: number;
      readonly rename: boolean;
    }
  | { readonly kind: 'race'; readonly by: number; readonly other: number }
  | { readonly kind: 'send'; readonly by: number; readonly delay: number }
  | { readonly kind: 'restart'; readonly who: number };

const index = fc.nat({ max: 11 });
const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('change' as const),
        by: index,
        add: fc.nat({ max: 3 }),
        remove: fc.nat({ max: 2 }),
        rename: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('race' as const), by: index, other: index }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('send' as const), by: index, delay: fc.nat({ max: 3 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), who: index }) },
  ),
  { minLength: 5, maxLength: 40 },
);

/** A message on its way: due after some more operations, at members of its epoch only. */
interface Delayed {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly epoch: bigint;
  readonly receivers: Set<Member>;
  left: number;
}

/** The stored private keys are those of nodes on the way from the own leaf to the root, and of no others. */
function expectKeysOfTree({ rows, group }: Member): void {
  const tree = RatchetTree.open(suite, rows);
  const leaf = 2 * group.ownLeafIndex;
  const way = new Set<number>([leaf, ...directPath(nodeIndex(leaf), tree.leafCount)]);
  const keys = rows.scan(ROW_KIND.pathPrivateKey);
  expect(keys.length).toBeGreaterThan(0);
  for (const { key, value } of keys) {
    const node = new DataView(key.buffer, key.byteOffset).getUint32(0);
    expect(way.has(node)).toBe(true);
    expect(suite.provider.dhPrivateKey(value).publicKey).toEqual(tree.encryptionKey(node));
  }
}

class Life {
  readonly present: Member[] = [new Member('founder').create()];
  readonly absent: Member[] = Array.from({ length: 11 }, (_, i) => new Member(`member ${i}`));
  readonly gone = new Set<Member>();
  #delayed: Delayed[] = [];
  #sent = 0;

  run(operation: Operation): void {
    switch (operation.kind) {
      case 'change':
        this.#change(operation);
        break;
      case 'race':
        this.#race(this.#pick(operation.by), this.#pick(operation.other));
        break;
      case 'send':
        this.#send(this.#pick(operation.by), operation.delay);
        break;
      case 'restart':
        this.#pick(operation.who).restart();
        break;
    }
    this.#deliver();
    expectAgreement(this.present);
    for (const member of this.present) expectKeysOfTree(member);
  }

  #pick(at: number): Member {
    return this.present[at % this.present.length] as Member;
  }

  #change({ by, add, remove, rename }: Extract<Operation, { kind: 'change' }>): void {
    const committer = this.#pick(by);
    const leaving = this.present.filter((member) => member !== committer).slice(0, remove);
    const joining = this.absent.slice(0, Math.min(add, 12 - this.present.length));
    const packages = joining.map((member) => member.keyPackage());
    const proposals: Proposal[] = [
      ...leaving.map(({ group }) => ({ type: 'remove', leafIndex: group.ownLeafIndex }) as const),
      ...packages.map(({ keyPackage }) => ({ type: 'add', keyPackage }) as const),
    ];
    if (rename) proposals.push({ type: 'group-context-extensions', extensions: [nameExtension(`${this.#sent}`)] });
    const { message, welcome, staged } = committer.commit(proposals);
    // The committer may hear its own commit back only after a restart.
    const stored = staged.encode();
    if (rename) committer.restart();
    committer.merge(rename ? committer.group.decodeStagedCommit(stored) : staged);
    for (const member of this.present) {
      if (member === committer) continue;
      const received = member.stage(message);
      expect(received.removesSelf).toBe(leaving.includes(member));
      member.merge(received);
    }
    for (const member of leaving) {
      this.present.splice(this.present.indexOf(member), 1);
      this.absent.push(member);
      this.gone.add(member);
      // Back in by a new Welcome, it would not have the keys of before.
      for (const { receivers } of this.#delayed) receivers.delete(member);
    }
    for (const [i, member] of joining.entries()) {
      member.join(welcome as Uint8Array, packages[i] as OwnKeyPackage);
      this.absent.splice(this.absent.indexOf(member), 1);
      this.present.push(member);
      this.gone.delete(member);
    }
    // Who was removed cannot follow the next epoch.
    const next = committer.send('after');
    for (const member of this.gone) expect(refusal(() => member.receive(next))).toBe('mls/removed');
  }

  #race(winner: Member, loser: Member): void {
    if (winner === loser) return;
    const lost = loser.commit([]);
    const won = winner.commit([]);
    winner.merge(won.staged);
    for (const member of this.present) if (member !== winner) member.merge(member.stage(won.message));
    for (const member of this.present) {
      expect(refusal(() => member.receive(lost.message))).toBe('mls/wrong-epoch');
    }
    expect(refusal(() => loser.group.merge(lost.staged))).toBe('mls/stale-diff');
  }

  #send(sender: Member, delay: number): void {
    const text = `message ${this.#sent++}`;
    const receivers = new Set(this.present.filter((member) => member !== sender));
    this.#delayed.push({ bytes: sender.send(text), text, epoch: sender.group.epoch, receivers, left: delay });
  }

  #deliver(): void {
    for (const message of this.#delayed) {
      if (message.left-- > 0) continue;
      for (const member of message.receivers) {
        expect(member.read(message.bytes)).toBe(message.text);
      }
    }
    this.#delayed = this.#delayed.filter(({ left }) => left >= 0);
  }
}

describe('random lives of groups', () => {
  it('members agree after every step', () => {
    fc.assert(
      fc.property(operations, (list) => {
        const life = new Life();
        for (const operation of list) life.run(operation);
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
