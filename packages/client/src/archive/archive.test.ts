import { concatBytes, fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { registeredInstallation, type TestInstallation, testInstallation, testWorld } from '../context.testkit.js';
import { Conversation } from '../conversation.js';
import type { ClientEvent } from '../events.js';
import { createGroupLocally } from '../groups/create.js';
import { prepareMessage } from '../groups/send-message.js';
import { getConsentState, setConsent } from '../store/consent.js';
import { contentTypeOf } from '../store/content-types.js';
import { listConversations } from '../store/conversation-query.js';
import { getConversation } from '../store/conversations.js';
import { getMessage } from '../store/messages.js';
import { bytesOf, element, elements, recordedArchive, recordedHolds, sourceOf } from './archive.testkit.js';
import { type ArchiveProgress, exportArchive } from './export.js';
import { importArchive, readArchiveMetadata } from './import.js';
import { sealArchive } from './records.js';

const KEY = new Uint8Array(32).fill(3);
const EVERYTHING = { elements: ['consent', 'messages'] } as const;
const STATES = ['unknown', 'allowed', 'denied'];

/** An installation of the person whose archive was recorded. */
async function recordedPerson(): Promise<TestInstallation> {
  return testInstallation(testWorld(), testWallet('recorded'), { who: { inboxId: recordedHolds().inboxId } });
}

function rowCounts(db: Database): Record<string, number> {
  const tables = ['conversations', 'mls_rows', 'messages', 'consent'];
  const count = (table: string) => db.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  return Object.fromEntries(tables.map((table) => [table, Number(count(table))]));
}

describe('an archive of the deployed client', () => {
  it('brings conversations, what was said in them, and decisions', async () => {
    const { ctx } = await recordedPerson();
    const holds = recordedHolds();
    const result = await importArchive(ctx, sourceOf(recordedArchive('everything')), fromHex(holds.key));
    const spoken = holds.conversations.flatMap(({ messages }) => messages);
    // A reaction belongs to its message and is not among those listed.
    expect(result).toMatchObject({ conversations: 3, messages: spoken.length + 1, skipped: 0 });
    for (const recorded of holds.conversations) {
      const conversation = new Conversation(ctx, recorded.id);
      expect(conversation.row).toMatchObject({
        membershipState: 'restored',
        active: false,
        createdAtNs: BigInt(recorded.createdAtNs),
      });
      expect(conversation.consentState()).toBe(STATES[recorded.consentState]);
      if (recorded.peerInboxId === null) {
        expect(conversation.attributes().get('group_name')).toBe(recorded.name);
        expect(conversation.attributes().get('app_data')).toBe(recorded.appData);
        expect(conversation.superAdmins()).toEqual([holds.inboxId]);
      } else {
        expect(conversation.peerInboxId).toBe(recorded.peerInboxId);
      }
      for (const message of recorded.messages) {
        expect(getMessage(ctx.db, message.id)).toMatchObject({
          groupId: recorded.id,
          contentType: contentTypeOf(message.typeId),
          senderInboxId: message.senderInboxId,
          sentAtNs: BigInt(message.sentAtNs),
          deliveryStatus: 'published',
        });
      }
    }
    expect(getConsentState(ctx.db, 'inbox', holds.peerInboxId)).toBe('denied');
    const listed = listConversations(ctx.db, { nowNs: ctx.host.nowNs(), orderBy: 'last-activity' });
    expect(listed).toHaveLength(3);
  });

  it('does not give back for ever what was to disappear', async () => {
    const { ctx } = await recordedPerson();
    const holds = recordedHolds();
    await importArchive(ctx, sourceOf(recordedArchive('everything')), fromHex(holds.key));
    const fog = holds.conversations.find(({ name }) => name === 'fog');
    const message = getMessage(ctx.db, fog?.messages[0]?.id as string);
    expect(message?.expireAtNs).toBe((message?.insertedAtNs as bigint) + 3_600_000_000_000n);
  });

  it('tells what it holds', async () => {
    const { ctx } = await recordedPerson();
    const key = fromHex(recordedHolds().key);
    const whole = sourceOf(recordedArchive('everything'));
    expect(await readArchiveMetadata(ctx, whole, key)).toMatchObject({ elements: ['consent', 'messages'] });
    expect(await readArchiveMetadata(ctx, sourceOf(recordedArchive('consent')), key)).toMatchObject({
      elements: ['consent'],
    });
  });
});

describe('an archive', () => {
  async function withHistory() {
    const world = testWorld();
    const alice = await registeredInstallation(world, testWallet('alice'));
    const ids: string[] = [];
    for (const name of ['one', 'two']) {
      const id = createGroupLocally(alice.ctx, { name, description: `about ${name}` });
      for (let i = 0; i < 120; i++) prepareMessage(alice.ctx, id, Uint8Array.of(1, i));
      ids.push(id);
    }
    return { world, alice, ids };
  }

  it('goes to another installation, and twice changes nothing', async () => {
    const { world, alice, ids } = await withHistory();
    const progress: ArchiveProgress[] = [];
    const onProgress = (step: ArchiveProgress) => progress.push(step);
    const bytes = await bytesOf(exportArchive(alice.ctx, EVERYTHING, KEY, { onProgress }));
    expect(progress.at(-1)).toEqual({ phase: 'export', records: 2 + 2 + 240, total: 2 + 2 + 240 });
    const second = await registeredInstallation(world, testWallet('alice'));
    progress.length = 0;
    const events = second.ctx.events.subscribe(['history-imported', 'consent-changed']);
    const result = await importArchive(second.ctx, sourceOf(bytes), KEY, { onProgress });
    expect(result).toMatchObject({ conversations: 2, messages: 240, consents: 2, skipped: 0 });
    expect(progress.map(({ phase }) => phase)).toEqual(['check', 'import', 'import']);
    expect(progress.at(-1)).toEqual({ phase: 'import', records: 244, total: 244 });
    const told: ClientEvent[] = [(await events.next()).value, (await events.next()).value];
    expect(told.map(({ type }) => type)).toEqual(['consent-changed', 'history-imported']);
    for (const id of ids) {
      const conversation = new Conversation(second.ctx, id);
      expect(conversation.messages()).toHaveLength(120);
      // What still waited to be sent over there is not sent from here.
      expect(new Set(conversation.messages().map(({ deliveryStatus }) => deliveryStatus))).toEqual(new Set(['failed']));
      expect(() => prepareMessage(second.ctx, id, Uint8Array.of(1))).toThrow(
        expect.objectContaining({ code: 'client/group-restored' }),
      );
    }
    const before = rowCounts(second.db);
    expect(await importArchive(second.ctx, sourceOf(bytes), KEY)).toMatchObject({
      conversations: 0,
      messages: 0,
      consents: 0,
    });
    expect(rowCounts(second.db)).toEqual(before);
  });

  it('tells what it holds without being read to the end', async () => {
    const { alice } = await withHistory();
    const bytes = await bytesOf(exportArchive(alice.ctx, EVERYTHING, KEY));
    const head = sourceOf(bytes.subarray(0, 40_000));
    expect(bytes.length).toBeGreaterThan(40_000);
    expect(await readArchiveMetadata(alice.ctx, head, KEY)).toMatchObject({ elements: ['consent', 'messages'] });
  });

  it('leaves alone what is newer here', async () => {
    const { alice, ids } = await withHistory();
    const [id] = ids as [string];
    const bytes = await bytesOf(exportArchive(alice.ctx, EVERYTHING, KEY));
    setConsent(alice.db, [
      { entityType: 'conversation', entity: id, state: 'denied', consentedAtNs: alice.ctx.host.nowNs() + 1n },
    ]);
    await importArchive(alice.ctx, sourceOf(bytes), KEY);
    expect(getConsentState(alice.db, 'conversation', id)).toBe('denied');
    expect(getConversation(alice.db, id)).toMatchObject({ membershipState: 'allowed', active: true });
  });

  it('keeps to its options', async () => {
    const { alice } = await withHistory();
    const archive = (options: Parameters<typeof exportArchive>[1]) =>
      bytesOf(exportArchive(alice.ctx, options, KEY)).then(async (bytes) => {
        const { ctx } = await testInstallation(testWorld(), testWallet('alice'), {
          who: { inboxId: alice.ctx.identity.inboxId },
        });
        return importArchive(ctx, sourceOf(bytes), KEY);
      });
    const nowNs = alice.ctx.host.nowNs();
    expect(await archive({ elements: ['consent'] })).toMatchObject({ conversations: 0, messages: 0, consents: 2 });
    expect(await archive({ elements: ['messages'] })).toMatchObject({ conversations: 2, messages: 240, consents: 0 });
    expect(await archive({ elements: ['messages'], startNs: nowNs })).toMatchObject({ conversations: 0, messages: 0 });
    expect(await archive({ elements: ['messages'], endNs: nowNs - 1n })).toMatchObject({ conversations: 0 });
    expect(await archive({ elements: [] })).toMatchObject({ conversations: 0, messages: 0, consents: 0 });
  });

  it('leaves nothing when it is cut, altered or opened with another key', async () => {
    const { world, alice } = await withHistory();
    const bytes = await bytesOf(exportArchive(alice.ctx, EVERYTHING, KEY));
    const second = await registeredInstallation(world, testWallet('alice'));
    const before = rowCounts(second.db);
    const altered = bytes.slice();
    altered[bytes.length - 20] = (altered[bytes.length - 20] as number) ^ 1;
    const attempts = [
      [bytes.subarray(0, bytes.length - 1), KEY, 'client/archive-truncated'],
      [bytes.subarray(0, bytes.length >> 1), KEY, 'client/archive-truncated'],
      [altered, KEY, 'client/archive-invalid'],
      [bytes, new Uint8Array(32), 'client/archive-wrong-key'],
      [concatBytes(bytes, Uint8Array.of(1)), KEY, 'client/archive-invalid'],
      [new Uint8Array(0), KEY, 'client/archive-truncated'],
    ] as const;
    for (const [archive, key, code] of attempts) {
      await expect(importArchive(second.ctx, sourceOf(archive), key)).rejects.toMatchObject({ code });
      expect(rowCounts(second.db)).toEqual(before);
    }
  });

  it('passes over records that mean nothing here', async () => {
    const { ctx, db } = await testInstallation(testWorld(), testWallet('alice'), { who: { inboxId: 'aa'.repeat(32) } });
    const groupId = new Uint8Array(16).fill(1);
    const group = { id: groupId, conversationType: 1, metadata: { creatorInboxId: 'nobody' } };
    const message = {
      id: new Uint8Array(32).fill(2),
      groupId,
      kind: 1,
      deliveryStatus: 2,
      senderInstallationId: new Uint8Array(32),
      senderInboxId: 'bb'.repeat(32),
    };
    const bytes = await bytesOf(
      sealArchive(
        elements(
          element({ case: 'metadata', value: { exportedAtNs: 1n, elements: [1, 2, 3] } }),
          element({ case: 'event', value: { event: 'x' } }),
          element({ case: 'consent', value: { entityType: 3, state: 2, entity: 'aa' } }),
          element({ case: 'consent', value: { entityType: 1, state: 9, entity: 'aa' } }),
          element({ case: 'consent', value: { entityType: 1, state: 2, entity: '<script>' } }),
          element({ case: 'group', value: { ...group, id: new Uint8Array(0) } }),
          element({ case: 'group', value: { ...group, id: new Uint8Array(65) } }),
          element({ case: 'group', value: { ...group, conversationType: 3 } }),
          element({ case: 'group', value: { ...group, conversationType: 2 } }),
          element({
            case: 'group',
            value: { ...group, conversationType: 2, dmId: `dm:${'bb'.repeat(32)}:${'cc'.repeat(32)}` },
          }),
          element({ case: 'groupMessage', value: { ...message, groupId: new Uint8Array(16) } }),
          element({ case: 'group', value: group }),
          element({ case: 'groupMessage', value: { ...message, kind: 7 } }),
          element({ case: 'groupMessage', value: { ...message, id: new Uint8Array(31) } }),
          element({ case: 'groupMessage', value: { ...message, senderInboxId: 'x' } }),
          element({ case: 'groupMessage', value: message }),
        ),
        KEY,
        { crypto: ctx.crypto, random: ctx.host.random },
      ),
    );
    expect(await importArchive(ctx, sourceOf(bytes), KEY)).toMatchObject({
      conversations: 1,
      messages: 1,
      skipped: 13,
    });
    expect(rowCounts(db)).toMatchObject({ conversations: 1, messages: 1, consent: 0 });
    expect(new Conversation(ctx, toHex(groupId)).attributes().get('group_name')).toBe('');
  });
});
