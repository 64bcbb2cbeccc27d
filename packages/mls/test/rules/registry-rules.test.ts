/** One breach for each rule on registered types: it breaks that rule and no other. */
import type { TlsReader } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import {
  type AppDataComponents,
  appDataExtension,
  customProposal,
  type ExtensionReplacement,
  encodeRequiredCapabilities,
  type Proposal,
  type ProposalDefinition,
  RFC_POLICY,
  type RuleName,
  STANDARD_TYPES,
  withTypes,
} from '../../src/index.js';
import { signLeafNode } from '../../src/tree/leaf-node.js';
import { validateLeafNode } from '../../src/tree/leaf-validation.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { CAPABILITIES, change, LIFETIME, Member, nameExtension, suite } from '../scenario/members.testkit.js';
import { COMPONENTS, DraftMember, draftPolicy, remove, update } from '../types/draft.testkit.js';
import { lenientPolicy } from './rogue.testkit.js';

/** A private type without any effect. */
const NOTE: ProposalDefinition<number> = {
  type: 0xf0ab,
  name: 'note',
  requiresPath: false,
  fromExternalSender: false,
  byReferenceOnly: false,
  inExternalCommits: false,
  isPublic: false,
  read: (reader) => reader.u8(),
  write: (writer, value) => writer.u8(value),
};
const STRICT_NOTE: ProposalDefinition<number> = {
  ...NOTE,
  check: (notes, { refuse }) => {
    if (notes.some(({ content }) => content > 9)) refuse('custom-proposal', { check: 'small' });
  },
};
const ALL_COMPONENTS: AppDataComponents = { knows: () => true, update: () => Uint8Array.of(1) };
const note = (value: number): Proposal => customProposal(NOTE, value);
const required = { type: 3, data: encodeRequiredCapabilities({ extensions: [], proposals: [8], credentials: [] }) };

/** A group of somebody who judges itself by nothing, and of an honest member. */
function pair(
  definition: ProposalDefinition,
  components: AppDataComponents = COMPONENTS,
  theirs: AppDataComponents = components,
): [rogue: Member, honest: Member] {
  const rogue = new DraftMember('rogue', { policy: draftPolicy(lenientPolicy(), theirs, [NOTE]) }).create();
  const honest = new DraftMember('honest', { policy: draftPolicy(RFC_POLICY, components, [definition]) });
  change(rogue, [], [], [honest]);
  return [rogue, honest];
}

function breach(rule: RuleName, [rogue, honest]: [Member, Member], proposals: Proposal[], alsoBroken?: RuleName[]) {
  const { message } = rogue.commit(proposals);
  expectRule(rule, () => honest.group.process(message), { alsoBroken: alsoBroken ?? [] });
  expect(honest.group.takeRows()).toEqual([]);
}

describe('rules on registered types', () => {
  it('custom-proposal', () => breach('custom-proposal', pair(STRICT_NOTE), [note(10)]));

  it('proposal-by-reference', () =>
    breach('proposal-by-reference', pair({ ...NOTE, byReferenceOnly: true }), [note(1)]));

  it('proposal-public', () => {
    const [rogue, honest] = pair({ ...NOTE, isPublic: true });
    const { message } = rogue.group.createProposal({ proposal: note(1), random: rogue.random });
    expectRule('proposal-public', () => honest.group.process(message));
  });

  it('proposal-type-supported', () => {
    const rogue = new DraftMember('rogue', { policy: draftPolicy(lenientPolicy(), COMPONENTS, [NOTE]) }).create();
    const plain = new Member('plain', { policy: draftPolicy(RFC_POLICY, COMPONENTS, [NOTE]) });
    change(rogue, [], [], [plain]);
    breach('proposal-type-supported', [rogue, plain], [note(1)]);
  });

  it('custom-extension', () => {
    const frozen = {
      ...({
        type: 0xf0aa,
        name: 'frozen',
        places: ['group-context'],
        read: (reader: TlsReader) => reader.u8(),
      } as const),
      checkReplacement: ({ refuse }: ExtensionReplacement) => refuse('custom-extension', { check: 'frozen' }),
    };
    const rogue = new DraftMember('rogue', { policy: lenientPolicy() });
    rogue.create([{ type: 0xf0aa, data: Uint8Array.of(1) }]);
    const types = STANDARD_TYPES.with({ extensions: [frozen] });
    const honest = new DraftMember('honest', { policy: withTypes(RFC_POLICY, types) });
    change(rogue, [], [], [honest]);
    breach(
      'custom-extension',
      [rogue, honest],
      [{ type: 'group-context-extensions', extensions: [{ type: 0xf0aa, data: Uint8Array.of(2) }] }],
    );
  });

  it('credential-content', () => {
    const { encryptionKey, extensions } = new Member('x').keyPackage().keyPackage.leafNode;
    const leaf = signLeafNode(
      {
        ...{ encryptionKey, extensions },
        credential: { type: 2, raw: Uint8Array.of(5, 1) },
        capabilities: { ...CAPABILITIES, credentials: [2] },
      },
      { source: 1, lifetime: LIFETIME },
      new Member('x').signatureKey,
    );
    expectRule('credential-content', () => validateLeafNode(leaf, { suite, policy: RFC_POLICY, sources: [1] }));
  });
});

describe('rules on application data', () => {
  const both = pair(NOTE);

  it('app-data-component', () =>
    breach('app-data-component', pair(NOTE, { ...ALL_COMPONENTS, knows: (id) => id < 9 }, ALL_COMPONENTS), [
      update(0x8000, 1),
    ]));

  it.each([
    ['updated and removed', [update(0x8000, 1), remove(0x8000)]],
    ['removed and updated', [remove(0x8000), update(0x8000, 1)]],
  ])('app-data-operations: %s', (_, proposals) => breach('app-data-operations', both, proposals));

  it('app-data-removal', () => breach('app-data-removal', both, [remove(0x8000)]));

  it('app-data-update', () => {
    const refusing = { ...ALL_COMPONENTS, update: () => undefined };
    // Whoever waives the rule keeps the old data, and is no longer of one mind with the committer.
    breach('app-data-update', pair(NOTE, refusing, ALL_COMPONENTS), [update(0x8000, 1)], ['confirmation-tag']);
  });

  it('app-data-after-context-extensions', () =>
    breach('app-data-after-context-extensions', both, [
      update(0x8000, 1),
      { type: 'group-context-extensions', extensions: [nameExtension('x')] },
    ]));

  it('app-data-by-update', () => {
    const rogue = new DraftMember('rogue', { policy: draftPolicy(lenientPolicy()) });
    rogue.create([required, appDataExtension(new Map([[0x8000, Uint8Array.of(1)]]))]);
    const honest = new DraftMember('honest');
    change(rogue, [], [], [honest]);
    const other = appDataExtension(new Map([[0x8000, Uint8Array.of(2)]]));
    breach(
      'app-data-by-update',
      [rogue, honest],
      [{ type: 'group-context-extensions', extensions: [required, other] }],
    );
  });
});
