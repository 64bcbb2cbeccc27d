import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@conclave/sqlite/node';
import { describe, expect, it } from 'vitest';
import { groupEntry, openTestLog, temporaryDirectory } from '../log/log.testkit.js';
import { groupPage } from '../log/log-compliance.testkit.js';
import { SCHEMA_VERSION } from '../log/sqlite/schema.js';
import { startTestNode } from '../node.testkit.js';
import { backUp, copyInvites } from './backup.js';
import { BACKUP_FORMAT, describeFile, type Manifest } from './manifest.js';
import { restore } from './restore.js';

/** Name of a state as a node gives it: when, which of its process, and something random. */
const STATE = `${'0'.repeat(20)}-${'1'.repeat(20)}-ab12cd34`;

/** A backup as `backUp` writes it, without its thread: that one is tested as a command (packages/cli/test). */
async function makeBackup(changes: Partial<Manifest> = {}): Promise<string> {
  const dataDir = temporaryDirectory();
  const log = await openTestLog({ dataDir });
  await log.append([groupEntry('a', 'kept')]);
  await log.close();
  const folder = temporaryDirectory();
  const db = openDatabase({ path: join(dataDir, 'node.db') });
  db.prepare('VACUUM INTO ?').run(join(folder, 'node.db'));
  db.close();
  mkdirSync(join(folder, 'history'));
  writeFileSync(join(folder, 'history', 'ab12'), 'an archive');
  const slot = join(dataDir, 'invites', 'ab'.repeat(16));
  mkdirSync(slot, { recursive: true });
  writeFileSync(join(slot, STATE), 'a state');
  writeFileSync(join(slot, `${STATE}.part`), 'half a st');
  const invites = await copyInvites(dataDir, folder, () => undefined);
  const paths = ['node.db', 'history/ab12', ...invites];
  const files = await Promise.all(paths.map((path) => describeFile(folder, path)));
  const manifest: Manifest = {
    ...{ format: BACKUP_FORMAT, store: 'sqlite', nodeVersion: '0', schemaVersion: SCHEMA_VERSION },
    ...{ takenAt: '2026-01-01T00:00:00.000Z', files },
    ...changes,
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}

describe('a backup', () => {
  it.each(['/proc/conclave/backup', '/proc/version/backup'])(
    'is refused at once where %s cannot be made',
    async (to) => {
      const refused = backUp({ dataDir: temporaryDirectory(), to });
      await expect(refused).rejects.toMatchObject({ code: 'node/backup-folder-unusable' });
    },
  );
});

describe('restore', () => {
  it('brings back messages, history files and the states that invitations lead to', async () => {
    const dataDir = join(temporaryDirectory(), 'fresh');
    await restore({ from: await makeBackup(), dataDir });
    const log = await openTestLog({ dataDir });
    expect((await log.page(groupPage('a'))).items).toHaveLength(1);
    expect(readFileSync(join(dataDir, 'history', 'ab12'), 'utf8')).toBe('an archive');
    const slot = join(dataDir, 'invites', 'ab'.repeat(16));
    expect(readdirSync(slot)).toEqual([STATE]);
    expect(readFileSync(join(slot, STATE), 'utf8')).toBe('a state');
  });

  it('refuses a damaged or incomplete backup before it writes anything', async () => {
    for (const damage of [
      (folder: string) => appendFileSync(join(folder, 'node.db'), 'x'),
      (folder: string) => writeFileSync(join(folder, 'history', 'ab12'), 'another'),
    ]) {
      const from = await makeBackup();
      damage(from);
      const dataDir = join(temporaryDirectory(), 'fresh');
      await expect(restore({ from, dataDir })).rejects.toMatchObject({ code: 'node/backup-damaged' });
      expect(existsSync(join(dataDir, 'node.db'))).toBe(false);
    }
  });

  it('refuses what is no backup, is of a newer version, names files outside, or needs PostgreSQL', async () => {
    const dataDir = temporaryDirectory();
    const code = async (from: string) => restore({ from, dataDir }).catch((error) => error.code);
    expect(await code(temporaryDirectory())).toBe('node/not-a-backup');
    expect(await code(await makeBackup({ format: 99 }))).toBe('node/not-a-backup');
    const outside = [{ path: '../../etc/passwd', bytes: 1, sha256: '' }];
    expect(await code(await makeBackup({ files: outside }))).toBe('node/not-a-backup');
    expect(await code(await makeBackup({ schemaVersion: 99 }))).toBe('node/database-too-new');
    expect(await code(await makeBackup({ store: 'postgres', schemaVersion: 1 }))).toBe('node/postgres-needed');
  });

  it('overwrites nothing and leaves a running node alone', async () => {
    const from = await makeBackup();
    const { node, dataDir } = await startTestNode();
    await expect(restore({ from, dataDir })).rejects.toMatchObject({ code: 'node/data-directory-in-use' });
    await node.stop();
    await expect(restore({ from, dataDir })).rejects.toMatchObject({ code: 'node/database-not-empty' });
  });
});

describe('a backup', () => {
  it('refuses a place that is taken, and a directory without a database', async () => {
    const taken = temporaryDirectory();
    const to = join(taken, 'backup');
    await expect(backUp({ dataDir: taken, to: taken })).rejects.toMatchObject({ code: 'node/backup-exists' });
    await expect(backUp({ dataDir: taken, to })).rejects.toMatchObject({ code: 'node/nothing-to-back-up' });
    await expect(backUp({ dataDir: taken, to, postgres: 'x' })).rejects.toMatchObject({
      code: 'node/invalid-postgres-url',
    });
    expect(existsSync(to)).toBe(false);
  });
});
