/** `node doctor`: looks at what a node needs, one thing after the other, and says what to do about what it finds. */
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { ConclaveError } from '@conclave/crypto';
import {
  expiryMs,
  makeDataDir,
  maskSecrets,
  type NodeConfig,
  optionsFromSettings,
  readConfig,
  readKeyPair,
} from '@conclave/node';
import { colors } from '../colors.js';
import { CliError } from '../errors.js';
import { columnsOf } from '../terminal-text.js';
import type { World } from '../world.js';
import { type NodeCommandOptions, settingsOf } from './node.js';
import { type Check, checkShared } from './node-doctor-shared.js';

/** A certificate that ends sooner than this is a warning. */
const EXPIRY_WARNING_DAYS = 21;
/** Less free space than this on the data folder's disk is a warning. */
const FREE_BYTES_WARNING = 1024 ** 3;
const DAY_MS = 86_400_000;
const CHAIN_TIMEOUT_MS = 5_000;

/** Prints every check. @throws CliError `cli/checks-failed` when one failed; warnings are no failure */
export async function nodeDoctor(options: NodeCommandOptions, world: World): Promise<void> {
  const config = readConfig(optionsFromSettings(settingsOf(options, world)));
  const checks: Check[] = [
    { check: 'settings', status: 'ok', finding: 'every setting is known and fits' },
    await checkFolder(config),
    ...checkTls(config),
    ...(await checkPorts(config)),
    checkExposure(config),
    ...(await checkChains(config)),
    ...(await checkShared(config)),
  ];
  const failed = checks.filter(({ status }) => status === 'failed').length;
  world.output.result({ ok: failed === 0, checks }, () => checks.map(lineOf));
  if (failed > 0) throw new CliError('cli/checks-failed', { failed });
}

async function checkFolder({ dataDir }: NodeConfig): Promise<Check> {
  const check = 'data folder';
  try {
    await makeDataDir(dataDir);
    const { bavail, bsize } = await statfs(dataDir);
    const free = `${dataDir}, ${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free`;
    const status = bavail * bsize < FREE_BYTES_WARNING ? 'warning' : 'ok';
    return { check, status, finding: free };
  } catch {
    return { check, status: 'failed', finding: `${dataDir} cannot be made or written; check path and permissions` };
  }
}

function checkTls({ tls }: NodeConfig): Check[] {
  const check = 'certificate';
  if (tls === undefined) return [];
  try {
    const days = Math.floor((expiryMs(readKeyPair(tls).cert) - Date.now()) / DAY_MS);
    if (days < 0) return [{ check, status: 'failed', finding: `${tls.certFile} ended ${-days} days ago; renew it` }];
    const status = days < EXPIRY_WARNING_DAYS ? 'warning' : 'ok';
    return [{ check, status, finding: `${tls.certFile}, ${days} days left` }];
  } catch (error) {
    return [{ check, status: 'failed', finding: error instanceof ConclaveError ? error.message : String(error) }];
  }
}

async function checkPorts(config: NodeConfig): Promise<Check[]> {
  const { grpc, web, history, tls, metrics } = config;
  const addresses = { grpc, web, history, tls: tls?.address, metrics: metrics === 'web' ? undefined : metrics };
  const checks: Check[] = [];
  for (const [name, address] of Object.entries(addresses)) {
    if (address === undefined) continue;
    const { host, port } = address;
    const problem = await new Promise<string | undefined>((done) => {
      const server = createServer();
      server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
      server.listen(port, host, () => server.close(() => done(undefined)));
    });
    const finding = `${host}:${port}`;
    if (problem === undefined) checks.push({ check: `port ${name}`, status: 'ok', finding: `${finding} is free` });
    else if (problem === 'EADDRINUSE') {
      checks.push({
        check: `port ${name}`,
        status: 'warning',
        finding: `${finding} is taken; fine if it is this node`,
      });
    } else
      checks.push({
        check: `port ${name}`,
        status: 'failed',
        finding: `${finding} cannot be listened on (${problem})`,
      });
  }
  return checks;
}

/** What the outside can reach, and whether it is limited. */
function checkExposure({ grpc, web, tls, rateLimits, trustedProxyHops }: NodeConfig): Check {
  const check = 'exposure';
  const isLocal = (host: string) => /^(127\.|::1$|localhost$)/.test(host);
  const open = [grpc, web, tls?.address].filter((address) => address !== undefined && !isLocal(address.host));
  if (open.length === 0) {
    const behind =
      trustedProxyHops > 0
        ? `behind ${trustedProxyHops} proxies`
        : 'this machine only; --trusted-proxy-hops behind a proxy';
    return { check, status: 'ok', finding: behind };
  }
  if (!rateLimits)
    return { check, status: 'warning', finding: 'reachable from outside without limits; --rate-limits on' };
  const isClear = [grpc, web].some((address) => address !== undefined && !isLocal(address.host));
  return isClear && tls === undefined
    ? {
        check,
        status: 'warning',
        finding: 'reachable from outside in the clear; --tls, or something in front that has it',
      }
    : { check, status: 'ok', finding: 'limited, and over TLS' };
}

async function checkChains({ chains }: NodeConfig): Promise<Check[]> {
  return Promise.all(
    Object.entries(chains).map(async ([id, url]): Promise<Check> => {
      const check = `chain ${id}`;
      try {
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
        const headers = { 'content-type': 'application/json' };
        const signal = AbortSignal.timeout(CHAIN_TIMEOUT_MS);
        const answer = (await (await fetch(url, { method: 'POST', headers, body, signal })).json()) as {
          result?: string;
        };
        const actual = Number(answer.result);
        if (actual === Number(id)) return { check, status: 'ok', finding: `${maskSecrets(url)} answers` };
        return { check, status: 'failed', finding: `${maskSecrets(url)} serves chain ${actual}` };
      } catch {
        return { check, status: 'failed', finding: `${maskSecrets(url)} does not answer` };
      }
    }),
  );
}

const SIGNS = { ok: colors.green('ok'), warning: colors.yellow('warning'), failed: colors.red('failed') } as const;

function lineOf({ check, status, finding }: Check): string {
  return `${SIGNS[status]}${' '.repeat(9 - columnsOf(status))}${check.padEnd(22)}${finding}`;
}
