import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settingsFromEnvironment } from './environment.js';

const KEY = `0x${'11'.repeat(32)}`;
const GOOD = { XMTP_WALLET_KEY: KEY, XMTP_DB_ENCRYPTION_KEY: '22'.repeat(32) };

describe('settings from the environment', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-environment-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are those of the variables', () => {
    const directory = join(folder, 'srv', 'bot');
    const { options } = settingsFromEnvironment({ ...GOOD, XMTP_ENV: 'local', XMTP_DB_DIRECTORY: directory });
    expect(options).toMatchObject({ env: 'local', dbEncryptionKey: `0x${'22'.repeat(32)}` });
    expect((options.dbPath as (inboxId: string) => string)('ab')).toBe(join(directory, 'xmtp-ab.db3'));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(settingsFromEnvironment(GOOD).options).not.toHaveProperty('dbPath');
  });

  it('name a folder that cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    const variables = { ...GOOD, XMTP_DB_DIRECTORY: join(folder, 'file', 'bot') };
    expect(() => settingsFromEnvironment(variables)).toThrow(
      expect.objectContaining({
        code: 'agent/bad-variable',
        details: { variable: 'XMTP_DB_DIRECTORY', expected: 'a folder that is there or can be made' },
      }),
    );
  });

  it.each([
    [{ ...GOOD, XMTP_WALLET_KEY: undefined }, 'agent/missing-variable', 'XMTP_WALLET_KEY'],
    [{ ...GOOD, XMTP_WALLET_KEY: '0x12' }, 'agent/bad-variable', 'XMTP_WALLET_KEY'],
    [{ ...GOOD, XMTP_DB_ENCRYPTION_KEY: 'z'.repeat(64) }, 'agent/bad-variable', 'XMTP_DB_ENCRYPTION_KEY'],
    [{ ...GOOD, XMTP_ENV: 'moon' }, 'agent/bad-variable', 'XMTP_ENV'],
  ])('name the variable that is wrong, and not its value', (variables, code, variable) => {
    const failure = (() => {
      try {
        return settingsFromEnvironment(variables);
      } catch (error) {
        return error as Error;
      }
    })();
    expect(failure).toMatchObject({ code, details: { variable } });
    expect((failure as Error).message).not.toContain('zz');
  });
});
