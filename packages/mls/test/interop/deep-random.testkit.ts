/** Long scripts by chance: a group that grows and shrinks, its proposals by value and by reference, and talk in between. */
import type { Script, ScriptProposal, Step } from './script.testkit.js';

/** How long and how wide. */
export interface DeepRandomOptions {
  /** The same seed gives the same script. */
  readonly seed: number;
  readonly commits: number;
  readonly firstMembers: number;
  readonly maximumMembers: number;
  /** Whether members also propose updates, join by commits of their own and come back in their own place. */
  readonly everything: boolean;
}

/** Numbers from 0 up to 1 that depend on the seed alone (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes one script. Who was removed does not come back. */
export function deepRandomScript(options: DeepRandomOptions): Script {
  const { seed, commits, firstMembers, maximumMembers, everything } = options;
  const chance = seeded(seed);
  const below = (limit: number) => Math.floor(chance() * limit);
  const pick = <T>(list: readonly T[]) => list[below(list.length)] as T;
  let actors = 0;
  const newActor = () => `actor ${actors++}`;

  const [founder, ...rest] = Array.from({ length: firstMembers }, newActor) as [string, ...string[]];
  let members = [founder, ...rest];
  const steps: Step[] = [{ do: 'create', by: founder, members: rest }];

  for (let round = 0; round < commits; round++) {
    if (everything && members.length < maximumMembers && chance() < 0.4) {
      const through = pick(members);
      const others = members.filter((member) => member !== through);
      const resync = others.length > 0 && chance() < 0.5;
      const by = resync ? pick(others) : newActor();
      steps.push({ do: 'external-join', by, through, resync });
      if (!resync) members.push(by);
    }
    const joiners = Array.from({ length: below(Math.min(6, maximumMembers - members.length + 1)) }, newActor);
    const leavers = [...members].sort(() => chance() - 0.5).slice(0, below(Math.floor(members.length * 0.4) + 1));
    const staying = members.filter((member) => !leavers.includes(member));
    const committer = pick(staying);
    for (const joiner of joiners) steps.push({ do: 'key-package', by: joiner, as: joiner });
    const proposals: ScriptProposal[] = [...leavers.map((remove) => ({ remove })), ...joiners.map((add) => ({ add }))];
    const byReference = proposals.filter(() => chance() < 0.3);
    for (const proposal of byReference) steps.push({ do: 'propose', by: pick(staying), proposal });
    for (const by of everything ? staying.filter((member) => member !== committer && chance() < 0.2) : []) {
      steps.push({ do: 'propose', by, proposal: { update: true } });
    }
    const byValue = proposals.filter((proposal) => !byReference.includes(proposal));
    steps.push({ do: 'commit', by: committer, proposals: byValue, joiners });
    members = [...staying, ...joiners];
    const [sender, reader] = [pick(members), pick(members)];
    if (sender === reader) continue;
    const message = `message of round ${round}`;
    steps.push({ do: 'send', by: sender, text: message, aad: '', as: message });
    steps.push({ do: 'read', by: reader, message });
  }
  return steps;
}
