import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { setConsent } from './consent.js';
import {
  activeDmGroup,
  type ConversationQuery,
  listByMembership,
  listConversations,
  listDmGroups,
  listPaused,
  listPendingLeaves,
  stitchedConversations,
  stitchedIds,
} from './conversation-query.js';
import {
  type ConversationKind,
  deleteConversation,
  getConversation,
  insertConversation,
  type NewConversation,
  requireConversation,
  updateConversation,
} from './conversations.js';
import { insertMessage } from './messages.js';
import { openStore } from './migrate.js';

const INBOX = '1'.repeat(64);

describe.each(availableEngines())('on %s:', (engine) => {
  let db: Database;
  beforeEach(() => {
    db = openDatabase({ path: null, engine });
    openStore(db);
  });

  function id(number: number): string {
    return number.toString(16).padStart(2, '0').repeat(16);
  }

  function conversation(number: number, change: Partial<NewConversation> = {}): string {
    insertConversation(db, {
      id: id(number),
      kind: 'group',
      membershipState: 'allowed',
      active: true,
      createdAtNs: BigInt(number),
      addedByInboxId: INBOX,
      ...change,
    });
    return id(number);
  }

  let serial = 0;
  function text(groupId: string, sentAtNs: bigint, expireAtNs?: bigint): string {
    serial += 1;
    const messageId = serial.toString(16).padStart(64, '0');
    insertMessage(db, {
      id: messageId,
      groupId,
      content: Uint8Array.of(1),
      kind: 'application',
      contentType: 'text',
      senderInstallationId: '01'.repeat(32),
      senderInboxId: INBOX,
      deliveryStatus: 'published',
      sentAtNs,
      insertedAtNs: sentAtNs,
      expireAtNs,
      idempotencyKey: '',
    });
    return messageId;
  }

  function listed(query: Partial<ConversationQuery> = {}): string[] {
    return listConversations(db, { nowNs: 0n, ...query }).map(({ conversation: row }) => row.id);
  }

  describe('a stored conversation', () => {
    it('comes back as it was, and changes where it is told to', () => {
      const full: NewConversation = {
        id: id(1),
        kind: 'dm',
        membershipState: 'pending',
        active: true,
        createdAtNs: 1_795_262_400_123_456_789n,
        addedByInboxId: INBOX,
        dmId: 'dm:a:b',
        welcomeSequenceId: 2n ** 60n,
        lastMessageNs: 5n,
        rotatedAtNs: 6n,
        membersCheckedAtNs: 7n,
        disappearFromNs: 8n,
        disappearInNs: 9n,
        pausedForVersion: '2.0.0',
        maybeForked: true,
        forkDetails: 'x',
        publishCommitLog: true,
        commitLogPublicKey: Uint8Array.of(1),
        commitLogForked: false,
        pendingLeave: true,
      };
      insertConversation(db, full);
      expect(getConversation(db, id(1))).toEqual(full);
      updateConversation(db, id(1), {
        pausedForVersion: undefined,
        commitLogForked: true,
        membershipState: 'pending-remove',
        active: false,
      });
      expect(getConversation(db, id(1))).toEqual({
        ...full,
        pausedForVersion: undefined,
        commitLogForked: true,
        membershipState: 'pending-remove',
        active: false,
      });
      updateConversation(db, id(1), {});
      expect(deleteConversation(db, id(1))).toBe(true);
      expect(deleteConversation(db, id(1))).toBe(false);
      expect(getConversation(db, id(1))).toBe(undefined);
      const missing = expect.objectContaining({ code: 'client/conversation-not-found' });
      expect(() => requireConversation(db, id(1))).toThrow(missing);
      expect(() => updateConversation(db, id(1), { active: true })).toThrow(missing);
    });

    it('is stored once', () => {
      conversation(1);
      expect(() => conversation(1)).toThrow(expect.objectContaining({ code: 'sqlite/constraint' }));
    });
  });

  describe('lists of conversations', () => {
    it('are newest first, groups and DMs, without what was denied', () => {
      conversation(1);
      conversation(2, { kind: 'dm', dmId: 'dm:a:b' });
      conversation(3, { kind: 'sync' });
      conversation(4, { kind: 'oneshot' });
      conversation(5);
      setConsent(db, [{ entityType: 'conversation', entity: id(5), state: 'denied', consentedAtNs: 1n }]);
      setConsent(db, [{ entityType: 'inbox', entity: INBOX, state: 'denied', consentedAtNs: 1n }]);
      setConsent(db, [{ entityType: 'conversation', entity: id(1), state: 'allowed', consentedAtNs: 1n }]);
      expect(listed()).toEqual([id(2), id(1)]);
      expect(listed({ consentStates: ['denied'] })).toEqual([id(5)]);
      expect(listed({ consentStates: ['allowed'] })).toEqual([id(1)]);
      expect(listed({ consentStates: ['unknown'] })).toEqual([id(2)]);
      expect(listed({ consentStates: ['unknown', 'allowed', 'denied'] })).toEqual([id(5), id(2), id(1)]);
      expect(listed({ consentStates: [] })).toEqual([]);
      expect(listed({ kinds: ['sync', 'oneshot'] })).toEqual([id(4), id(3)]);
      expect(listed({ createdAfterNs: 1n })).toEqual([id(2)]);
      expect(listed({ createdBeforeNs: 2n })).toEqual([id(1)]);
      expect(listed({ limit: 1 })).toEqual([id(2)]);
    });

    it('go by the last readable message when asked to, and name it', () => {
      const [a, b, c] = [conversation(1), conversation(2), conversation(3)] as const;
      const last = text(a, 100n);
      text(a, 50n);
      text(b, 200n, 300n);
      const entries = (nowNs: bigint) => listConversations(db, { nowNs, orderBy: 'last-activity' });
      expect(entries(0n).map((each) => each.conversation.id)).toEqual([b, a, c]);
      expect(entries(300n).map((each) => [each.conversation.id, each.lastActivityNs, each.lastMessageId])).toEqual([
        [a, 100n, last],
        [c, 3n, undefined],
        [b, 2n, undefined],
      ]);
    });

    it('show a DM once, by the group that was written to last, with the newest message of all', () => {
      const dm = { kind: 'dm' as ConversationKind, dmId: 'dm:a:b' };
      const [old, quiet, restored] = [
        conversation(1, dm),
        conversation(2, dm),
        conversation(3, { ...dm, membershipState: 'restored' }),
      ];
      conversation(4, { kind: 'dm', dmId: 'dm:a:c' });
      // Nothing written anywhere: the larger id stands for it, of those that can be written into.
      expect(listed({ kinds: ['dm'] })).toEqual([id(4), quiet]);
      const message = text(old as string, 10n);
      expect(listed({ kinds: ['dm'] })).toEqual([id(4), old]);
      expect(listed({ kinds: ['dm'], includeDuplicateDms: true })).toEqual([id(4), restored, quiet, old]);
      for (const entry of listConversations(db, { nowNs: 0n, includeDuplicateDms: true, kinds: ['dm'] })) {
        expect(entry.lastMessageId).toBe(entry.conversation.dmId === 'dm:a:b' ? message : undefined);
      }
      expect(listDmGroups(db, 'dm:a:b').map((row) => row.id)).toEqual([old, quiet, restored]);
      expect(stitchedIds(db, quiet as string).sort()).toEqual([old, quiet, restored].sort());
      expect(stitchedIds(db, id(99))).toEqual([id(99)]);
      expect(stitchedConversations(db, requireConversation(db, id(4))).map((row) => row.id)).toEqual([id(4)]);
      text(restored as string, 99n);
      expect(activeDmGroup(db, 'dm:a:b')?.id).toBe(old);
      expect(activeDmGroup(db, 'dm:none')).toBe(undefined);
    });

    it('pick exactly one group per DM, the greatest in time and then id', () => {
      const rows = fc.array(
        fc.record({
          dm: fc.option(fc.constantFrom('dm:a:b', 'dm:a:c')),
          lastMessageNs: fc.option(fc.integer({ min: 0, max: 3 }).map(BigInt), { nil: undefined }),
        }),
        { maxLength: 12 },
      );
      fc.assert(
        fc.property(rows, (values) => {
          db.exec('DELETE FROM conversations');
          values.forEach(({ dm, lastMessageNs }, i) => {
            conversation(i + 1, { kind: dm === null ? 'group' : 'dm', dmId: dm ?? undefined, lastMessageNs });
          });
          const best = new Map<string, number>();
          values.forEach(({ dm, lastMessageNs }, i) => {
            const key = dm ?? `group ${i}`;
            const other = best.get(key);
            if (other === undefined || (lastMessageNs ?? 0n) >= (values[other]?.lastMessageNs ?? 0n)) best.set(key, i);
          });
          expect(listed().sort()).toEqual([...best.values()].map((i) => id(i + 1)).sort());
        }),
        { numRuns: 100 },
      );
    });

    it('for workers name who waits, is paused or wants to leave', () => {
      conversation(1, { membershipState: 'pending-remove' });
      conversation(2, { pendingLeave: true });
      conversation(3, { pausedForVersion: '9.9.9' });
      expect(listByMembership(db, 'pending-remove').map((row) => row.id)).toEqual([id(1)]);
      expect(listPendingLeaves(db).map((row) => row.id)).toEqual([id(2)]);
      expect(listPaused(db).map((row) => row.id)).toEqual([id(3)]);
    });
  });
});
