/**
 * Makes a clone ready: right Node, dependencies installed, packages built. Runs before every command that needs
 * that (`prestart`, `pretest`, …), and is done in a few hundredths of a second when nothing changed.
 *
 * Plain Node without any dependency: it runs before there are any.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runStep } from './progress.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MINIMUM_NODE = [20, 19];
const INSTALL_STAMP = join(ROOT, 'node_modules/.conclave-stamp');
const BUILD_STAMP = join(ROOT, 'node_modules/.conclave-build');
const PAGE = join(ROOT, 'apps/web');
const SODIUM = ['node', 'browser'].map((each) => join(ROOT, `packages/crypto/src/${each}/gen/sodium-wasm.ts`));
const LOCK = join(ROOT, '.conclave/ensure.lock');
const ADDON = 'better-sqlite3-multiple-ciphers';
const INSIDE = 'CONCLAVE_ENSURE_RUNNING';

const say = (sentence) => process.stderr.write(`${sentence}\n`);
const readText = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Ends the run with one sentence that tells what to do. */
class PlainFailure extends Error {}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = MINIMUM_NODE;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new PlainFailure(
    `Conclave needs Node ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org and try again.`,
  );
}

// ---------------------------------------------------------------- dependencies

/** What an installation depends on: the lock file, and the binary interface that native addons were built for. */
function installFingerprint() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  return `${lock} ${process.platform}-${process.arch}-${process.versions.modules}`;
}

/** True when npm's own record in node_modules says that everything the lock file requires is there. */
function matchesLockFile() {
  const hidden = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const present = installed[path];
    if (!present) return entry.optional === true || entry.peer === true;
    return entry.link === true || (present.version === entry.version && present.integrity === entry.integrity);
  });
}

const addonFolder = () => join(ROOT, 'node_modules', ADDON);

/** Whether the addon loads here and now; a file built for another Node version does not. */
function addonLoads() {
  try {
    const Database = createRequire(join(ROOT, 'package.json'))(ADDON);
    new Database(':memory:').close();
    return true;
  } catch {
    return false;
  }
}

const npmArguments = (...args) => [...args, '--no-audit', '--no-fund', '--loglevel=error'];

async function npm(title, hint, ...args) {
  // npm tells its scripts where it is itself; without npm the one on the PATH is as good as any.
  const cli = process.env.npm_execpath;
  const [command, first] = cli && /\.c?js$/.test(cli) ? [process.execPath, [cli]] : ['npm', []];
  return runStep(title, command, [...first, ...npmArguments(...args)], {
    cwd: ROOT,
    env: { ...process.env, [INSIDE]: '1' },
    hint,
    shell: process.platform === 'win32' && command === 'npm',
  });
}

async function ensureInstalled() {
  const fingerprint = installFingerprint();
  const stamp = readText(INSTALL_STAMP);
  if (stamp === fingerprint) return;

  if (!matchesLockFile()) {
    const isFresh = !existsSync(join(ROOT, 'node_modules'));
    const { ok, output } = await npm(
      isFresh ? 'Installing dependencies' : 'Updating dependencies',
      'where no prebuilt file fits, compiling the optional SQLite addon takes about a minute',
      isFresh ? 'ci' : 'install',
    );
    if (!ok && output.includes('EUSAGE')) {
      throw new PlainFailure(
        'package-lock.json does not fit the package.json files: run "npm install" and commit the lock file.',
      );
    }
    if (!ok) {
      throw new PlainFailure(
        'The dependencies could not be installed (see above). Check that npm can reach its registry, then run the command again.',
      );
    }
  } else if (stamp !== '' && existsSync(addonFolder()) && !addonLoads()) {
    await npm('Rebuilding the optional SQLite addon for this Node version', undefined, 'rebuild', ADDON);
  }
  if (!addonLoads()) {
    say(
      'Note: the optional SQLite addon is not available on this machine (it needs a prebuilt file or a C++ compiler). Everything works without it, more slowly and without an encrypted database.',
    );
  }
  // Made from what was installed.
  for (const path of SODIUM) rmSync(path, { force: true });
  writeFileSync(INSTALL_STAMP, fingerprint);
}

// ---------------------------------------------------------------- build

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (/\.(tsx?|css|svg|html)$/.test(entry.name) && !/\.(test|testkit)\.ts$/.test(entry.name)) yield path;
  }
}

const packageFolders = () =>
  readdirSync(join(ROOT, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, 'packages', entry.name, 'tsconfig.json')))
    .map((entry) => join(ROOT, 'packages', entry.name));

/** Name, size and time of everything that the compiler reads; a deleted file changes it too. */
function buildFingerprint() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  };
  add(join(ROOT, 'tsconfig.base.json'));
  add(join(ROOT, 'packages/tsconfig.json'));
  for (const folder of packageFolders()) {
    add(join(folder, 'tsconfig.json'));
    add(join(folder, 'package.json'));
    for (const path of sourceFiles(join(folder, 'src'))) add(path);
  }
  for (const name of ['index.html', 'vite.config.ts', 'package.json']) add(join(PAGE, name));
  for (const name of ['src', 'public']) for (const path of sourceFiles(join(PAGE, name))) add(path);
  return hash.digest('hex');
}

/** What `crypto` uses of libsodium, anew when the scripts that take it have changed; a new installation deletes it. */
async function ensureSodium() {
  const scripts = ['take-sodium.mjs', 'fewer-functions.mjs'].map((name) => join(ROOT, 'packages/crypto/scripts', name));
  const isOld = (path) => !existsSync(path) || scripts.some((each) => statSync(each).mtimeMs > statSync(path).mtimeMs);
  if (!SODIUM.some(isOld)) return;
  const { ok } = await runStep("Taking what is used out of libsodium's WebAssembly", process.execPath, [scripts[0]], {
    cwd: ROOT,
  });
  if (!ok) throw new PlainFailure("libsodium's WebAssembly could not be read (see above).");
}

async function ensureBuilt() {
  await ensureSodium();
  const fingerprint = buildFingerprint();
  const isBuilt =
    packageFolders().every((folder) => existsSync(join(folder, 'dist/index.js'))) &&
    existsSync(join(ROOT, 'packages/browser-sdk/bundle/worker.js')) &&
    existsSync(join(ROOT, 'packages/node-sdk/bundle/index.js')) &&
    existsSync(join(ROOT, 'packages/cli/bundle/main.js')) &&
    existsSync(join(PAGE, 'dist/index.html'));
  if (isBuilt && readText(BUILD_STAMP) === fingerprint) return;
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { ok } = await runStep('Building the packages', process.execPath, [tsc, '-b', 'packages/tsconfig.json'], {
    cwd: ROOT,
  });
  if (!ok) throw new PlainFailure('The packages do not compile (see above).');
  for (const [name, what] of [
    ['node-sdk', 'the SDK'],
    ['browser-sdk', 'the browser SDK'],
    ['cli', 'the command'],
  ]) {
    const script = join(ROOT, 'packages', name, 'scripts/bundle.mjs');
    const bundled = await runStep(`Bundling ${what}`, process.execPath, [script], { cwd: ROOT });
    if (!bundled.ok) throw new PlainFailure(`Bundling ${what} failed (see above).`);
  }
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const page = await runStep('Building the chat page', process.execPath, [vite, 'build', '--logLevel', 'error'], {
    cwd: PAGE,
  });
  if (!page.ok) throw new PlainFailure('The chat page cannot be built (see above).');
  writeFileSync(BUILD_STAMP, fingerprint);
}

// ---------------------------------------------------------------- one at a time

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Two commands started together on a fresh clone must not install into each other. */
async function withLock(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  let told = false;
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = Number(readText(LOCK));
      if (owner > 0 && !isAlive(owner)) rmSync(LOCK, { force: true });
      else {
        if (!told) say('Another command is installing or building; waiting for it.');
        told = true;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }
  const release = () => rmSync(LOCK, { force: true });
  process.once('exit', release);
  try {
    await work();
  } finally {
    release();
    process.removeListener('exit', release);
  }
}

async function main() {
  if (process.env[INSIDE]) return;
  checkNode();
  await withLock(async () => {
    await ensureInstalled();
    await ensureBuilt();
  });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof PlainFailure)) throw error;
  say(error.message);
  process.exitCode = 1;
}
