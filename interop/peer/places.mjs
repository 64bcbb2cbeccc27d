/** Where things are: the project, the peer's folder, the Node that runs the project's own programs. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The folder that `setup-peer.sh` fills. */
export const PEER = process.env.CONCLAVE_PEER || join(homedir(), '.cache/conclave-peer');

/** Runs a script under a Node that can load the deployed client. */
export const PEER_NODE = join(PEER, 'node24t');

/** Exports the deployed client's SDK. */
export const PEER_SDK = join(PEER, 'sdk.mjs');

/** The Node that runs Conclave: the one that started the runner, not the one that the deployed client needs. */
export const OWN_NODE = process.env.CONCLAVE_OWN_NODE || process.execPath;
