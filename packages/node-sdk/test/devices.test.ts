/** Two installations of one person with real files, on a real node with its history files. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  type ArchiveProgress,
  Client,
  type ClientOptions,
  ConsentEntityType,
  ConsentState,
  createEOASigner,
} from '@conclave/node-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalNode } from './local-node.testkit.js';

const KEY = new Uint8Array(32).fill(5);
const SYNCED: ClientOptions = { disableDeviceSync: false };

let node: LocalNode;
beforeAll(async () => {
  node = await LocalNode.start();
}, 60_000);
afterAll(() => node.stop());

/** Takes in what there is until it is so. Each look is a sync of both; the clients do the rest by themselves. */
async function until(isSo: () => Promise<boolean> | boolean, ...clients: Client[]): Promise<void> {
  while (!(await isSo())) {
    for (const client of clients) {
      await client.conversations.syncAll();
      await client.preferences.sync();
    }
  }
}

describe('two installations', () => {
  it('share decisions, and history over the node', { timeout: 90_000 }, async () => {
    const signer = createEOASigner();
    const { client: first } = await node.person(SYNCED, signer);
    const { client: bob } = await node.person();
    const group = await first.conversations.createGroup([bob.inboxId], { groupName: 'harbour' });
    await group.sendText('before');
    const second = node.keep(await Client.create(signer, node.options(SYNCED)));
    await until(async () => (await second.conversations.getConversationById(group.id)) !== undefined, first, second);
    await first.preferences.setConsentStates([
      { entityType: ConsentEntityType.InboxId, entity: bob.inboxId, state: ConsentState.Denied },
    ]);
    const state = () => second.preferences.getConsentState(ConsentEntityType.InboxId, bob.inboxId);
    await until(async () => (await state()) === ConsentState.Denied, first, second);

    expect(second.listAvailableArchives(1)).toEqual([]);
    await expect(second.processSyncArchive()).rejects.toMatchObject({ code: 'client/archive-not-found' });
    await second.sendSyncRequest(undefined, node.historyUrl);
    const there = await second.conversations.getConversationById(group.id);
    await until(
      async () => (await there?.messages())?.some(({ content }) => content === 'before') === true,
      first,
      second,
    );
    const [offered] = second.listAvailableArchives(1);
    expect(offered).toMatchObject({
      pin: expect.stringMatching(/^[A-Za-z0-9]{5}$/),
      metadata: { backupVersion: 0xffff, elements: ['Consent', 'Messages'] },
      sentByInstallation: first.installationIdBytes,
    });
    expect(await second.syncAllDeviceSyncGroups()).toMatchObject({ numEligible: expect.any(Number) });
    await expect(first.sendSyncArchive('12345', undefined, 'http://127.0.0.1:1')).rejects.toMatchObject({
      code: 'client/history-server',
      retryable: true,
    });
    await expect(first.sendSyncArchive('12345', undefined, 'file:///etc')).rejects.toMatchObject({
      code: 'client/invalid-argument',
    });
  });
});

describe('an archive file', () => {
  it('is complete or not there, and imported whole or not at all', async () => {
    const { client: alice, signer } = await node.person();
    const group = await alice.conversations.createGroup([], { groupName: 'harbour' });
    for (let i = 0; i < 5; i++) await group.sendText(`message ${i}`);
    const path = node.file('alice.archive');
    const told: ArchiveProgress[] = [];
    await alice.createArchive(path, KEY, undefined, { onProgress: (step) => told.push(step) });
    expect(told.at(-1)).toMatchObject({ phase: 'export', records: told.at(-1)?.total });
    expect(existsSync(`${path}.partial`)).toBe(false);
    expect(await alice.archiveMetadata(path, new Uint8Array([...KEY, 1]))).toMatchObject({
      backupVersion: 0,
      elements: ['Consent', 'Messages'],
      exportedAtNs: expect.any(BigInt),
    });
    const second = node.keep(await Client.create(signer, node.options()));
    expect(await second.importArchive(path, KEY)).toMatchObject({ conversations: 1, messages: 5 });
    const [restored] = await second.conversations.listGroups();
    expect(restored).toMatchObject({ id: group.id, name: 'harbour', isActive: false });
    expect(await restored?.messages()).toHaveLength(5);
    await expect(restored?.sendText('no')).rejects.toMatchObject({ code: 'client/group-restored' });

    await expect(second.importArchive(path, new Uint8Array(32))).rejects.toMatchObject({
      code: 'client/archive-wrong-key',
    });
    await expect(second.importArchive(path, new Uint8Array(31))).rejects.toMatchObject({
      code: 'sdk/archive-key-too-short',
    });
    await expect(second.importArchive(node.file('none'), KEY)).rejects.toMatchObject({ code: 'sdk/archive-file' });
    writeFileSync(node.file('cut'), readFileSync(path).subarray(0, 300));
    await expect(second.importArchive(node.file('cut'), KEY)).rejects.toMatchObject({
      code: 'client/archive-truncated',
    });
    await expect(alice.createArchive(node.file('no/folder'), KEY)).rejects.toMatchObject({ code: 'sdk/archive-file' });
    const abort = AbortSignal.abort(new Error('enough'));
    await expect(alice.createArchive(path, KEY, undefined, { signal: abort })).rejects.toThrow('enough');
    expect(await alice.archiveMetadata(path, KEY)).toBeDefined();
  });
});
