/** Where `@xmtp/agent-sdk` is installed, on our packages in place of the deployed client's. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder that `setup.mjs` fills. */
export const AGENT = process.env.CONCLAVE_AGENT_SDK || join(homedir(), '.cache/conclave-agent-sdk');
