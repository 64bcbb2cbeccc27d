/** `backup`: what one installation knew, another knows afterwards. */
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { HOOK_TIMEOUT_MS, type NodeProcess, Person, startNode, temporaryFolder } from './cli.testkit.js';

let folder: string;
let node: NodeProcess;
beforeAll(async () => {
  folder = temporaryFolder();
  node = await startNode();
}, HOOK_TIMEOUT_MS);

describe('backup', () => {
  it('goes from one installation to another, by way of a file that only its key opens', {
    timeout: 240_000,
  }, async () => {
    const alice = new Person(join(folder, 'alice', 'x.db3'), node.url);
    const bob = new Person(join(folder, 'bob', 'x.db3'), node.url);
    await alice.json('init', '--throw-away');
    const bobs = await bob.json('init', '--throw-away');
    await alice.json('send', String(bobs.inboxId), 'kept');
    const file = join(folder, 'alice.archive');
    const written = await alice.json('backup', 'export', file);
    expect(written).toMatchObject({
      file,
      keyFile: `${file}.key`,
      isNewKey: true,
      backupVersion: 0,
      elements: ['Consent', 'Messages'],
    });
    expect(statSync(`${file}.key`).mode & 0o777).toBe(0o600);
    const key = readFileSync(`${file}.key`, 'utf8');
    expect(readFileSync(file).includes('kept')).toBe(false);
    // Again, with the same key; a part of it; within bounds.
    expect(await alice.json('backup', 'export', file, '--since', '2020-01-01')).toMatchObject({ isNewKey: false });
    expect(readFileSync(`${file}.key`, 'utf8')).toBe(key);
    const consent = join(folder, 'consent.archive');
    await alice.json('backup', 'export', consent, '--only', 'consent', '--key-file', `${file}.key`);
    expect(existsSync(`${consent}.key`)).toBe(false);
    const { stdout } = await alice.run('backup', 'info', consent, '--key-file', `${file}.key`);
    expect(stdout).toMatch(/^holds {4}consent\nwritten {2}\d{4}-/);

    const walletKey = String((await alice.json('whoami', '--show-key')).walletKey);
    writeFileSync(join(folder, 'alice.hex'), walletKey);
    const second = new Person(join(folder, 'second', 'x.db3'), node.url);
    await second.json('init', '--import', join(folder, 'alice.hex'), '--throw-away');
    expect(await second.json('backup', 'import', file)).toMatchObject({ messages: 1, skipped: 0 });
    // Whom it speaks of is known by the address, here and to commands.
    expect((await second.json('dms', '--no-sync')).conversations).toMatchObject([{ peerAddress: bobs.address }]);
    const { messages } = await second.json('messages', String(bobs.address), '--no-sync');
    expect(messages).toContainEqual(expect.objectContaining({ content: 'kept' }));
    const { inboxId: carols, address: carol } = await new Person(join(folder, 'carol.db3'), node.url).json(
      'init',
      '--throw-away',
    );
    expect((await second.json('group', 'new', 'new friends', String(carol))).inboxIds).toEqual([carols]);

    writeFileSync(join(folder, 'other.key'), '00'.repeat(32));
    const other = ['--key-file', join(folder, 'other.key')];
    expect(await second.failure('backup', 'import', file, ...other)).toEqual([1, 'client/archive-wrong-key']);
    truncateSync(file, statSync(file).size - 3);
    expect(await second.failure('backup', 'import', file)).toEqual([1, 'client/archive-truncated']);
    expect(await second.failure('backup', 'export', file, '--since', 'soon')).toEqual([2, 'cli/usage']);
    const nowhere = join(folder, 'no', 'folder');
    expect(await second.failure('backup', 'export', nowhere, ...other)).toEqual([2, 'sdk/archive-file']);
  });
});
