import { describe, expect, it } from 'vitest';
import { settingsFromEnvironment } from './environment.js';

const KEY = `0x${'11'.repeat(32)}`;
const GOOD = { XMTP_WALLET_KEY: KEY, XMTP_DB_ENCRYPTION_KEY: '22'.repeat(32) };

describe('settings from the environment', () => {
  it('are those of the variables', () => {
    const { options } = settingsFromEnvironment({ ...GOOD, XMTP_ENV: 'local', XMTP_DB_DIRECTORY: '/srv/bot' });
    expect(options).toMatchObject({ env: 'local', dbEncryptionKey: `0x${'22'.repeat(32)}` });
    expect((options.dbPath as (inboxId: string) => string)('ab')).toBe('/srv/bot/xmtp-ab.db3');
    expect(settingsFromEnvironment(GOOD).options).not.toHaveProperty('dbPath');
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
