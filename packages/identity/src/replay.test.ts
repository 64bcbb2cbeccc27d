import { describe, expect, it } from 'vitest';
import { add, alice, bob, encodedLogOf, found, laptop, logOf, phone, registration, revoke } from './actors.testkit.js';
import { decodeIdentityUpdate } from './codec/identity-update.js';
import { inboxIdOf } from './inbox-id.js';
import { type InboxLogEntry, replayInboxLog } from './replay.js';
import { hasInstallation } from './state-view.js';
import { codeOf } from './vectors.testkit.js';
import { verifyUpdate } from './verify.js';
import { testContext } from './wallet.testkit.js';

const inboxId = inboxIdOf(alice.identifier);
const log: readonly InboxLogEntry[] = encodedLogOf(
  inboxId,
  registration,
  [add(laptop, alice)],
  [add(bob, phone)],
  [revoke(phone, alice)],
).map((bytes, index) => ({
  sequenceId: [3n, 7n, 8n, 20n][index] as bigint,
  update: verifyUpdate(testContext, decodeIdentityUpdate(bytes)),
}));

describe('replayInboxLog', () => {
  it('gives the state at the end', () => {
    const { sequenceId, state } = replayInboxLog(inboxId, log);
    expect(sequenceId).toBe(20n);
    expect(hasInstallation(state, phone.identifier.publicKey)).toBe(false);
    expect(hasInstallation(state, laptop.identifier.publicKey)).toBe(true);
  });

  it('gives the state at an exact position', () => {
    const { sequenceId, state } = replayInboxLog(inboxId, log, { at: 3n });
    expect(sequenceId).toBe(3n);
    expect(hasInstallation(state, phone.identifier.publicKey)).toBe(true);
    expect(hasInstallation(state, laptop.identifier.publicKey)).toBe(false);
  });

  it.each([0n, 2n, 4n, 9n, 21n])('has no state at %s, where no update is', (at) => {
    expect(codeOf(() => replayInboxLog(inboxId, log, { at }))).toBe('identity/missing-update');
  });

  it('continues from any snapshot to the same states', () => {
    for (const { sequenceId: start } of log) {
      const from = replayInboxLog(inboxId, log, { at: start });
      for (const { sequenceId: at } of log.filter((entry) => entry.sequenceId >= start)) {
        const whole = replayInboxLog(inboxId, log, { at });
        expect(replayInboxLog(inboxId, log, { from, at })).toEqual(whole);
        const rest = log.filter((entry) => entry.sequenceId > start);
        expect(replayInboxLog(inboxId, rest, { from, at })).toEqual(whole);
      }
    }
  });

  it('gives the snapshot itself when nothing follows it', () => {
    const from = replayInboxLog(inboxId, log);
    expect(replayInboxLog(inboxId, [], { from })).toBe(from);
    expect(replayInboxLog(inboxId, log, { from, at: 20n })).toBe(from);
  });

  it('does not go back before a snapshot', () => {
    const from = replayInboxLog(inboxId, log, { at: 8n });
    expect(codeOf(() => replayInboxLog(inboxId, log, { from, at: 7n }))).toBe('identity/missing-update');
  });

  it('needs a log', () => {
    expect(codeOf(() => replayInboxLog(inboxId, []))).toBe('identity/not-created');
  });

  it('refuses the log of another inbox than the one asked for', () => {
    const other = inboxIdOf(alice.identifier, 2n);
    expect(codeOf(() => replayInboxLog(other, log))).toBe('identity/wrong-inbox-id');
    const from = replayInboxLog(inboxId, log);
    expect(codeOf(() => replayInboxLog(other, [], { from }))).toBe('identity/wrong-inbox-id');
  });

  it('refuses a log that goes back or repeats', () => {
    expect(codeOf(() => replayInboxLog(inboxId, log.toReversed()))).toBe('identity/unordered-log');
    const [first] = log as readonly [InboxLogEntry];
    expect(codeOf(() => replayInboxLog(inboxId, [first, first]))).toBe('identity/unordered-log');
  });

  it('fails as a whole when one update is refused', () => {
    const [, again] = logOf(inboxId, [], [found(alice)]);
    const entries = [
      ...log,
      { sequenceId: 21n, update: verifyUpdate(testContext, again as NonNullable<typeof again>) },
    ];
    expect(codeOf(() => replayInboxLog(inboxId, entries))).toBe('identity/multiple-create');
    expect(codeOf(() => replayInboxLog(inboxId, entries, { at: 20n }))).toBeUndefined();
  });
});
