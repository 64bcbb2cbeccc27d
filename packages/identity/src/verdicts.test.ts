/** Every recorded log gets the verdict that the real client gave on it. */
import { toHex } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { decodeIdentityUpdate } from './codec/identity-update.js';
import { formCases } from './form-cases.testkit.js';
import { identifierText } from './identifier.js';
import { replayInboxLog } from './replay.js';
import { identifiersOf, installationsOf } from './state-view.js';
import { storyCases } from './story-cases.testkit.js';
import { bytesOf, codeOf, readVector } from './vectors.testkit.js';
import { verifyUpdate } from './verify.js';
import { testContext } from './wallet.testkit.js';

interface Verdict {
  readonly name: string;
  readonly inboxId: string;
  readonly log: readonly { readonly sequenceId: string; readonly update: string }[];
  readonly state?: {
    readonly recoveryIdentifier: string;
    readonly identifiers: readonly string[];
    readonly installations: readonly { readonly id: string; readonly clientTimestampNs: string | null }[];
  };
  readonly code?: string;
}

const { cases } = readVector<{ cases: readonly Verdict[] }>('verdicts-1.10.0.json');

function replay({ inboxId, log }: Verdict) {
  const entries = log.map(({ sequenceId, update }) => ({
    sequenceId: BigInt(sequenceId),
    update: verifyUpdate(testContext, decodeIdentityUpdate(bytesOf(update))),
  }));
  return replayInboxLog(inboxId, entries).state;
}

describe('recorded logs', () => {
  it.each(cases)('$name', (verdict) => {
    if (verdict.state === undefined) {
      expect(codeOf(() => replay(verdict))).toBe(verdict.code);
      return;
    }
    const state = replay(verdict);
    expect(identifierText(state.recoveryIdentifier)).toBe(verdict.state.recoveryIdentifier);
    expect(identifiersOf(state).map(identifierText).sort()).toEqual(verdict.state.identifiers);
    const installations = installationsOf(state).map(({ publicKey, clientTimestampNs }) => ({
      id: toHex(publicKey),
      clientTimestampNs: clientTimestampNs?.toString() ?? null,
    }));
    expect(installations.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(verdict.state.installations);
  });

  it('are the ones that our encoder makes from the same actions and keys', () => {
    const made = [...storyCases(), ...formCases()].map(({ name, inboxId, updates }) => ({
      name,
      inboxId,
      updates: updates.map(toHex),
    }));
    const recorded = cases.map(({ name, inboxId, log }) => ({
      name,
      inboxId,
      updates: log.map((entry) => entry.update),
    }));
    expect(made).toEqual(recorded);
  });
});
