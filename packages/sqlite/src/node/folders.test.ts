import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from './folders.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const modeOf = (path: string) => statSync(path).mode & 0o777;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'conclave-folders-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a folder', () => {
  it('is made with those above it, all with the same permissions', () => {
    makeFolder(join(root, 'a', 'b', 'c'), { mode: 0o700 });
    expect(['a', 'a/b', 'a/b/c'].map((each) => modeOf(join(root, each)))).toEqual([0o700, 0o700, 0o700]);
  });

  it('may be named from where the process stands, and with dots', () => {
    makeFolder(relative(process.cwd(), join(root, 'a', '..', 'b')));
    expect(statSync(join(root, 'b')).isDirectory()).toBe(true);
    expect(statSync(join(root, 'a'), { throwIfNoEntry: false })).toBe(undefined);
  });

  it('stays as it is when it is there, also behind a link', () => {
    mkdirSync(join(root, 'there'), { mode: 0o750 });
    symlinkSync(join(root, 'there'), join(root, 'link'));
    for (const each of ['there', 'link']) makeFolder(join(root, each), { mode: 0o700 });
    makeFolder(join(root, 'link', 'below'));
    expect(modeOf(join(root, 'there'))).toBe(0o750);
    expect(statSync(join(root, 'there', 'below')).isDirectory()).toBe(true);
  });

  it('is refused where a file is in its place or above it, and where a link leads nowhere', () => {
    writeFileSync(join(root, 'file'), '');
    symlinkSync(join(root, 'nowhere'), join(root, 'link'));
    expect(() => makeFolder(join(root, 'file'))).toThrow(code('EEXIST'));
    expect(() => makeFolder(join(root, 'file', 'below', 'it'))).toThrow(code('ENOTDIR'));
    expect(() => makeFolder(join(root, 'link'))).toThrow(code('EEXIST'));
  });

  it('is refused at once where nothing can be made', () => {
    // On Linux with the error of a folder that is not there.
    expect(() => makeFolder('/proc/conclave/a/b')).toThrow(expect.objectContaining({ syscall: 'mkdir' }));
  });
});
