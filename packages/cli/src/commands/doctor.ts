/** `doctor`: looks at what a client needs, one thing after the other, and says what to do about what it finds. */
import { existsSync } from 'node:fs';
import { ConclaveError, wipe } from '@conclave/crypto';
import { Client, IdentifierKind } from '@conclave/node-sdk';
import { openDatabase } from '@conclave/sqlite/node';
import { colors } from '../colors.js';
import { CliError } from '../errors.js';
import { keyFilePath, keyProtection } from '../keys/key-file.js';
import { readKeys } from '../session.js';
import { databasePath, givenPassphrase, httpUrl, LOCAL_NODE_URL, nodeUrl, type PersonOptions } from '../settings.js';
import { columnsOf, oneLine } from '../terminal-text.js';
import type { World } from '../world.js';

/** Options of `doctor`. */
export interface DoctorOptions extends PersonOptions {
  /** Web address of the node: its health, and its clock to compare ours with. */
  readonly web?: string;
}

/** One finding. */
export interface Check {
  readonly check: 'node.js' | 'sqlite' | 'wallet key' | 'database' | 'node' | 'node web' | 'clock';
  readonly status: 'ok' | 'warning' | 'failed';
  readonly finding: string;
}

type Finding = Omit<Check, 'check'>;

const OLDEST_NODE = [20, 19] as const;
/** Where `npm start` serves the web port of the local node. */
const LOCAL_WEB_URL = 'http://127.0.0.1:5557';
/** Key packages carry times: beyond this, others may find ours not yet or no longer valid. */
const CLOCK_TOLERANCE_MS = 60_000;
const WEB_TIMEOUT_MS = 5000;
/** An address that nobody has: the node has to look it up all the same. */
const NOBODY = `0x${'0'.repeat(40)}`;

/** Prints every check. @throws CliError `cli/checks-failed` when one failed; warnings are no failure */
export async function doctor(options: DoctorOptions, world: World): Promise<void> {
  const node = nodeUrl(options, world);
  const web = webUrl(options, world, node);
  const answer = web === undefined ? undefined : await askWeb(web);
  const checks: Check[] = [
    { check: 'node.js', ...checkNodeVersion(process.versions.node) },
    { check: 'sqlite', ...checkSqlite() },
    { check: 'wallet key', ...checkKeyFile(keyFilePath(databasePath(options, world))) },
    { check: 'database', ...(await checkDatabase(options, world)) },
    { check: 'node', ...(await world.output.during(`Waiting for the node at ${node} …`, () => checkNode(node))) },
    ...(answer === undefined ? [] : [{ check: 'node web', ...answer.finding } as const]),
    { check: 'clock', ...checkClock(answer?.date) },
  ];
  const failed = checks.filter(({ status }) => status === 'failed').length;
  world.output.result({ ok: failed === 0, checks }, () => checks.map(line));
  if (failed > 0) throw new CliError('cli/checks-failed', { failed });
}

/** Compares with the oldest Node that Conclave runs on. */
export function checkNodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = OLDEST_NODE;
  const isNewEnough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  if (isNewEnough) return { status: 'ok', finding: version };
  return { status: 'failed', finding: `${version} is older than ${OLDEST_NODE.join('.')}; install a newer Node.js` };
}

/** @param serverDate - the node's clock, where its web address is known */
export function checkClock(serverDate: Date | undefined, now: Date = new Date()): Finding {
  if (serverDate === undefined) {
    return { status: 'ok', finding: `${now.toISOString()}; not compared, name the node's web address with --web` };
  }
  const skewMs = now.getTime() - serverDate.getTime();
  const skew = `${Math.abs(Math.round(skewMs / 1000))} s ${skewMs < 0 ? 'behind' : 'ahead of'} the node`;
  if (Math.abs(skewMs) <= CLOCK_TOLERANCE_MS) return { status: 'ok', finding: skew };
  return { status: 'failed', finding: `${skew}; set this machine's clock (or the node's) right` };
}

function checkSqlite(): Finding {
  const database = openDatabase({ path: null });
  const { engine } = database;
  database.close();
  return engine === 'better-sqlite3-multiple-ciphers'
    ? { status: 'ok', finding: `${engine}, encrypts` }
    : { status: 'warning', finding: `${engine}, does not encrypt; better-sqlite3-multiple-ciphers would` };
}

function checkKeyFile(path: string): Finding {
  try {
    return keyProtection(path) === 'passphrase'
      ? { status: 'ok', finding: `${path}, under a passphrase` }
      : { status: 'warning', finding: `${path}, in the clear and readable by you alone: for throw-away keys` };
  } catch (error) {
    return failure(error);
  }
}

async function checkDatabase(options: DoctorOptions, world: World): Promise<Finding> {
  const path = databasePath(options, world);
  if (!existsSync(path)) return { status: 'warning', finding: `${path} is not there yet; conclave init makes it` };
  try {
    const isSealed = keyProtection(keyFilePath(path)) === 'passphrase';
    if (isSealed && givenPassphrase(options, world) === undefined)
      return { status: 'warning', finding: `${path} was not opened: that needs --passphrase-file` };
    const keys = await readKeys(options, world);
    const database = openDatabase({ path, key: keys.databaseKey, exclusive: true, requireEncryption: false });
    const { encrypted } = database;
    database.close();
    wipe(keys.walletKey, keys.databaseKey);
    return encrypted
      ? { status: 'ok', finding: `${path}, encrypted` }
      : { status: 'warning', finding: `${path}, not encrypted` };
  } catch (error) {
    // A chat that is open is no fault.
    const isInUse = error instanceof ConclaveError && error.code === 'sqlite/locked-by-another-process';
    return isInUse ? { status: 'warning', finding: `${path} is open in another process` } : failure(error);
  }
}

async function checkNode(apiUrl: string): Promise<Finding> {
  const startedAt = performance.now();
  try {
    const nobody = [{ identifier: NOBODY, identifierKind: IdentifierKind.Ethereum }];
    await Client.canMessage(nobody, { env: 'local', apiUrl });
    return { status: 'ok', finding: `${apiUrl} answers in ${Math.round(performance.now() - startedAt)} ms` };
  } catch (error) {
    return failure(error);
  }
}

function webUrl(options: DoctorOptions, world: World, node: string): string | undefined {
  const given = options.web ?? world.env.CONCLAVE_WEB;
  if (given !== undefined && given !== '') return httpUrl(given, '--web');
  return node === LOCAL_NODE_URL ? LOCAL_WEB_URL : undefined;
}

async function askWeb(url: string): Promise<{ finding: Finding; date?: Date }> {
  try {
    const response = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(WEB_TIMEOUT_MS) });
    const date = response.headers.get('date');
    return {
      finding: response.ok
        ? { status: 'ok', finding: `${url} is ready` }
        : { status: 'failed', finding: `${url} says ${response.status}: the node is not ready` },
      ...(date === null ? {} : { date: new Date(date) }),
    };
  } catch {
    // Whatever fetch throws here means one thing: nobody answered like a web server.
    return { finding: { status: 'failed', finding: `${url} does not answer; check the address and the node` } };
  }
}

/** Our own errors are findings, made harmless, as they may repeat what a node said; anything else is a fault of ours. */
export function failure(error: unknown): Finding {
  if (!(error instanceof ConclaveError)) throw error;
  return { status: 'failed', finding: `${oneLine(error.message)} [${error.code}]` };
}

const SIGNS = { ok: colors.green('ok'), warning: colors.yellow('warning'), failed: colors.red('failed') } as const;

function line({ check, status, finding }: Check): string {
  return `${SIGNS[status]}${' '.repeat(9 - columnsOf(status))}${check.padEnd(12)}${finding}`;
}
