import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databasePath, givenPassphrase, makeHome, nodeUrl } from './settings.js';
import { testWorld } from './world.testkit.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('settings', () => {
  it('prefer the option, then the environment, then the default', () => {
    const world = testWorld({ env: { CONCLAVE_DB: 'env.db3', CONCLAVE_NODE: 'https://env' } });
    const bare = testWorld({ env: { CONCLAVE_DB: '', CONCLAVE_NODE: '' } });
    expect(databasePath({ db: 'option.db3' }, world)).toBe('option.db3');
    expect(databasePath({}, world)).toBe('env.db3');
    expect(databasePath({}, bare)).toBe(join(homedir(), '.conclave', 'conclave.db3'));
    expect(nodeUrl({ node: 'http://option:1' }, world)).toBe('http://option:1');
    expect(nodeUrl({}, world)).toBe('https://env');
    expect(nodeUrl({}, bare)).toBe('http://127.0.0.1:5556');
  });

  it.each(['localhost:5556', 'foo', '', 'ftp://127.0.0.1', 'http://'])('refuse %j as the address of a node', (node) => {
    expect(() => nodeUrl({ node }, testWorld())).toThrow(code('cli/usage'));
  });

  it('read the passphrase from a file, without its line break, or from the environment', () => {
    const path = join(folder, 'passphrase');
    const world = testWorld({ env: { CONCLAVE_PASSPHRASE: 'of the environment' } });
    writeFileSync(path, ' of the file \r\n');
    expect(givenPassphrase({ passphraseFile: path }, world)).toBe(' of the file ');
    expect(givenPassphrase({}, world)).toBe('of the environment');
    expect(givenPassphrase({}, testWorld({ env: { CONCLAVE_PASSPHRASE: '' } }))).toBeUndefined();
  });

  it('refuse a passphrase file that is empty or not there: a key must not end in the clear by mistake', () => {
    const path = join(folder, 'empty');
    writeFileSync(path, '\n');
    expect(() => givenPassphrase({ passphraseFile: path }, testWorld())).toThrow(code('cli/empty-passphrase'));
    expect(() => givenPassphrase({ passphraseFile: join(folder, 'none') }, testWorld())).toThrow(
      code('cli/unreadable-file'),
    );
  });

  it('make the home of a database for its owner alone', () => {
    makeHome(join(folder, 'a', 'b', 'c.db3'));
    expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700);
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeHome(join(folder, 'file', 'c.db3'))).toThrow(code('cli/key-file-not-written'));
    // Where nothing can be made, on Linux with the error of a folder that is not there.
    expect(() => makeHome('/proc/conclave/d/c.db3')).toThrow(code('cli/key-file-not-written'));
  });
});
