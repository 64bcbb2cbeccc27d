import { nodeCrypto } from '@conclave/crypto/node';
import {
  CommitLogEntrySchema,
  CommitResult,
  create,
  type PlaintextCommitLogEntry,
  PlaintextCommitLogEntrySchema,
  toBinary,
} from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RemoteCommitLogEntry } from '../store/commit-logs.js';
import { isSigned, readLine } from './entry.js';
import { brokenReaderRule, type LineFacts, READER_RULES, type ReaderRule, resultOf } from './reader-rules.js';

const GROUP = new Uint8Array(16).fill(7);
const KEY = nodeCrypto.signaturePrivateKey(new Uint8Array(32).fill(1));
const OTHER_KEY = nodeCrypto.signaturePrivateKey(new Uint8Array(32).fill(2));
const authenticator = (epoch: number) => nodeCrypto.hash('sha256', Uint8Array.of(epoch));

type Fields = Partial<Omit<PlaintextCommitLogEntry, '$typeName'>>;

function entryOf(fields: Fields, key = KEY) {
  const line = create(PlaintextCommitLogEntrySchema, { groupId: GROUP, ...fields });
  const serializedCommitLogEntry = toBinary(PlaintextCommitLogEntrySchema, line);
  const signature = { bytes: key.sign(serializedCommitLogEntry), publicKey: key.publicKey };
  return create(CommitLogEntrySchema, { sequenceId: 1n, serializedCommitLogEntry, signature });
}

function facts(fields: Fields, changes: Partial<LineFacts> & { key?: typeof KEY } = {}): LineFacts {
  const entry = changes.entry ?? entryOf(fields, changes.key);
  return {
    entry,
    line: readLine(entry) as PlaintextCommitLogEntry,
    groupId: GROUP,
    publicKey: KEY.publicKey,
    previous: undefined,
    isSigned: () => isSigned(nodeCrypto, entry),
    ...changes,
  };
}

/** The commit with id 10 led to epoch 5. */
const PREVIOUS: RemoteCommitLogEntry = {
  groupId: '07'.repeat(16),
  logSequenceId: 3n,
  commitSequenceId: 10n,
  result: 'applied',
  appliedEpoch: 5n,
  appliedEpochAuthenticator: authenticator(5),
};
const NEXT: Fields = {
  commitSequenceId: 12n,
  lastEpochAuthenticator: authenticator(5),
  commitResult: CommitResult.APPLIED,
  appliedEpochNumber: 6n,
  appliedEpochAuthenticator: authenticator(6),
};
const REFUSED: Fields = {
  ...NEXT,
  commitResult: CommitResult.WRONG_EPOCH,
  appliedEpochNumber: 5n,
  appliedEpochAuthenticator: authenticator(5),
};

const BREACHES: readonly { rule: ReaderRule; title: string; facts: () => LineFacts }[] = [
  {
    rule: 'signing-key',
    title: 'another key, though its signature is valid',
    facts: () => facts(NEXT, { key: OTHER_KEY, previous: PREVIOUS }),
  },
  {
    rule: 'signing-key',
    title: 'no signature',
    facts: () => facts(NEXT, { entry: create(CommitLogEntrySchema, { ...entryOf(NEXT), signature: undefined }) }),
  },
  { rule: 'own-group', title: 'another group', facts: () => facts({ ...NEXT, groupId: new Uint8Array(16) }) },
  { rule: 'commit-named', title: 'no commit', facts: () => facts({ ...NEXT, commitSequenceId: 0n }) },
  { rule: 'commit-named', title: 'an id no node gives', facts: () => facts({ ...NEXT, commitSequenceId: 1n << 63n }) },
  {
    rule: 'newer-commit',
    title: 'a commit told of already',
    facts: () => facts({ ...NEXT, commitSequenceId: 10n }, { previous: PREVIOUS }),
  },
  {
    rule: 'newer-commit',
    title: 'an older commit',
    facts: () => facts({ ...NEXT, commitSequenceId: 9n }, { previous: PREVIOUS }),
  },
  {
    rule: 'known-result',
    title: 'a number without a meaning',
    facts: () => facts({ ...NEXT, commitResult: 9 as CommitResult }, { previous: PREVIOUS }),
  },
  {
    rule: 'previous-epoch',
    title: 'a beginning that is not our end',
    facts: () => facts({ ...NEXT, lastEpochAuthenticator: authenticator(4) }, { previous: PREVIOUS }),
  },
  {
    rule: 'next-epoch',
    title: 'an epoch left out',
    facts: () => facts({ ...NEXT, appliedEpochNumber: 7n }, { previous: PREVIOUS }),
  },
  {
    rule: 'same-epoch',
    title: 'a refusal that changed the state',
    facts: () => facts({ ...REFUSED, appliedEpochAuthenticator: authenticator(6) }, { previous: PREVIOUS }),
  },
  {
    rule: 'same-epoch',
    title: 'a refusal that changed the epoch',
    facts: () => facts({ ...REFUSED, appliedEpochNumber: 6n }, { previous: PREVIOUS }),
  },
  {
    rule: 'authenticator-length',
    title: 'an authenticator that none can have',
    facts: () => facts({ ...NEXT, appliedEpochAuthenticator: authenticator(6).subarray(1) }, { previous: PREVIOUS }),
  },
  {
    rule: 'signature',
    title: 'a signature over other bytes',
    facts: () => {
      const entry = entryOf(NEXT);
      const { signature } = entryOf(REFUSED);
      return facts(NEXT, { entry: create(CommitLogEntrySchema, { ...entry, signature }), previous: PREVIOUS });
    },
  },
];

describe('lines of the commit log', () => {
  it.each(BREACHES.map((breach) => [breach.rule, breach.title, breach] as const))('%s: %s', (rule, _title, breach) => {
    expect(brokenReaderRule(breach.facts())).toBe(rule);
  });

  it('have a test for every rule', () => {
    expect(new Set(BREACHES.map(({ rule }) => rule))).toEqual(new Set(Object.keys(READER_RULES)));
  });

  it('are believed when they go on where the last one ended, and the first one in any case', () => {
    expect(brokenReaderRule(facts(NEXT, { previous: PREVIOUS }))).toBe(undefined);
    expect(brokenReaderRule(facts(REFUSED, { previous: PREVIOUS }))).toBe(undefined);
    expect(brokenReaderRule(facts({ ...REFUSED, commitResult: 0 }, { previous: PREVIOUS }))).toBe(undefined);
    expect(brokenReaderRule(facts({ ...NEXT, lastEpochAuthenticator: authenticator(99) }))).toBe(undefined);
  });

  it('cost no signature check when something else is wrong', () => {
    const unpaid = () => {
      throw new RangeError('the signature was checked');
    };
    for (const { rule, facts: broken } of BREACHES) {
      if (rule !== 'signature') expect(brokenReaderRule({ ...broken(), isSigned: unpaid })).toBe(rule);
    }
  });

  it('that are damaged are unreadable, or break a rule', () => {
    const whole = entryOf(NEXT).serializedCommitLogEntry;
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, mask, cut) => {
        const bytes = cut ? whole.slice(0, at) : whole.slice();
        if (!cut) bytes[at] = (bytes[at] as number) ^ mask;
        const entry = create(CommitLogEntrySchema, { ...entryOf(NEXT), serializedCommitLogEntry: bytes });
        const line = readLine(entry);
        if (line !== undefined) expect(brokenReaderRule(facts({}, { entry, line, previous: PREVIOUS }))).toBeDefined();
      }),
    );
  });

  it('of two writers, in any mixture, are believed once each', () => {
    const chain = Array.from({ length: 6 }, (_, index) =>
      entryOf({
        commitSequenceId: BigInt(20 + index),
        lastEpochAuthenticator: authenticator(index),
        commitResult: CommitResult.APPLIED,
        appliedEpochNumber: BigInt(index + 1),
        appliedEpochAuthenticator: authenticator(index + 1),
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (turns) => {
        const left = [chain.slice(), chain.slice()];
        const mixed = turns.map((first) => (left[first ? 0 : 1]?.shift() ?? left[first ? 1 : 0]?.shift()) as never);
        let previous: RemoteCommitLogEntry | undefined;
        for (const entry of mixed as typeof chain) {
          const line = readLine(entry) as PlaintextCommitLogEntry;
          if (brokenReaderRule(facts({}, { entry, line, previous })) !== undefined) continue;
          previous = {
            groupId: PREVIOUS.groupId,
            logSequenceId: 1n,
            commitSequenceId: line.commitSequenceId,
            result: resultOf(line) ?? 'unspecified',
            appliedEpoch: line.appliedEpochNumber,
            appliedEpochAuthenticator: line.appliedEpochAuthenticator,
          };
        }
        expect(previous?.appliedEpoch).toBe(6n);
      }),
    );
  });
});
