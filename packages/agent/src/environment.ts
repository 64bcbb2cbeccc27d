/** An agent's settings from variables of the environment, with the names that operators of `@xmtp/agent-sdk` know. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClientOptions,
  createEOASigner,
  type HexString,
  isHexString,
  type Signer,
  type XmtpEnv,
} from '@conclave/node-sdk';
import { AgentError } from './errors.js';

/** What is needed to open an agent's client. */
export interface AgentSettings {
  readonly signer: Signer;
  readonly options: ClientOptions;
}

const ENVIRONMENTS: readonly string[] = ['local', 'dev', 'production'];

/**
 * Reads `XMTP_WALLET_KEY`, `XMTP_DB_ENCRYPTION_KEY`, `XMTP_DB_DIRECTORY` (made, for this user alone, where it is missing), `XMTP_ENV`
 * (default `dev`) and `XMTP_API_URL`.
 * @throws AgentError `agent/missing-variable`, `agent/bad-variable`; a value is never in the error
 */
export function settingsFromEnvironment(variables: Readonly<Record<string, string | undefined>>): AgentSettings {
  const env = variables.XMTP_ENV || 'dev';
  if (!ENVIRONMENTS.includes(env)) {
    throw new AgentError('agent/bad-variable', { variable: 'XMTP_ENV', expected: ENVIRONMENTS.join(', ') });
  }
  const signer = createEOASigner(keyOf(variables, 'XMTP_WALLET_KEY'));
  const dbEncryptionKey = keyOf(variables, 'XMTP_DB_ENCRYPTION_KEY');
  const directory = variables.XMTP_DB_DIRECTORY;
  if (directory) makeDirectory(directory);
  return {
    signer,
    options: {
      env: env as XmtpEnv,
      dbEncryptionKey,
      ...(variables.XMTP_API_URL && { apiUrl: variables.XMTP_API_URL }),
      ...(directory && { dbPath: (inboxId: string) => join(directory, `xmtp-${inboxId}.db3`) }),
    },
  };
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const expected = 'a folder that is there or can be made';
    throw new AgentError('agent/bad-variable', { variable: 'XMTP_DB_DIRECTORY', expected }, cause);
  }
}

function keyOf(variables: Readonly<Record<string, string | undefined>>, variable: string): HexString {
  const given = variables[variable];
  if (!given) throw new AgentError('agent/missing-variable', { variable });
  const key = given.startsWith('0x') ? given : `0x${given}`;
  if (key.length !== 66 || !isHexString(key)) {
    throw new AgentError('agent/bad-variable', { variable, expected: '32 bytes as 64 hex digits' });
  }
  return key;
}
