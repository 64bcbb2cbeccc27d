/**
 * What an application installs: bytes on disk of a package with everything it depends on at run time, beside the
 * deployed client's where that is set up (`npm run interop:setup`).
 */
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { downloads, LIMITS, pageScript } from '../../scripts/checks/downloads.mjs';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const PEER = process.env.CONCLAVE_PEER || join(homedir(), '.cache/conclave-peer');

/** Runs the suite. */
export async function run(report) {
  const own = installed(ROOT, '@conclave/node-sdk');
  const peer = existsSync(join(PEER, 'node_modules/@xmtp/node-sdk')) ? installed(PEER, '@xmtp/node-sdk') : undefined;
  const against = 'deployed client';
  const withReference = (reference) => (peer === undefined ? {} : { reference, against });
  report({
    name: 'client SDK with its dependencies',
    value: mib(own.bytes),
    unit: 'MiB',
    goal: '60 MiB',
    ...withReference(mib(peer?.bytes)),
  });
  report({
    name: 'client SDK without the optional native store',
    value: mib(installed(ROOT, '@conclave/node-sdk', { optional: false }).bytes),
    unit: 'MiB',
    goal: '15 MiB',
  });
  report({
    name: 'of the client SDK, native code',
    value: mib(own.nativeBytes),
    unit: 'MiB',
    ...withReference(mib(peer?.nativeBytes)),
  });
  report({
    name: 'packages installed',
    value: own.packages,
    unit: 'packages',
    goal: '40 packages',
    ...withReference(peer?.packages),
  });
  const { first, worker, signer, encoders, sqlite } = downloads(ROOT);
  report({ name: 'browser: before a client is made, gzipped', value: kib(first), unit: 'KiB' });
  report({
    name: 'browser: all that a client loads, with curves, without SQLite, gzipped',
    value: kib(first + worker),
    unit: 'KiB',
    goal: `${kib(LIMITS.client)} KiB (350 KB)`,
    // Recorded: `@xmtp/browser-sdk` 7.1.0 with its WebAssembly, built by Vite.
    reference: 4457,
    against: 'deployed browser SDK',
  });
  report({ name: 'browser: SQLite with encryption, gzipped', value: kib(sqlite), unit: 'KiB' });
  report({ name: 'browser: signing with a private key in the page, gzipped', value: kib(signer), unit: 'KiB' });
  report({ name: 'browser: encoders of contents in the page, gzipped', value: kib(encoders), unit: 'KiB' });
  report({
    name: 'chat page: script before first paint, gzipped',
    value: kib(pageScript(ROOT)),
    unit: 'KiB',
    goal: `${kib(LIMITS.page)} KiB (120 KB)`,
  });
  report({ name: 'node with its dependencies', value: mib(installed(ROOT, '@conclave/node').bytes), unit: 'MiB' });
}

const kib = (bytes) => Math.round(bytes / 1024);

const mib = (bytes) => Math.round((bytes / 2 ** 20) * 100) / 100;

/** Sums a package and its run-time dependencies, each counted once, resolved as Node does. */
function installed(root, name, { optional = true } = {}) {
  const seen = new Map();
  const visit = (dependency, from) => {
    const folder = resolveFolder(dependency, from);
    if (folder === undefined || seen.has(folder)) return;
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    seen.set(folder, sizeOf(folder, manifest));
    const wanted = { ...manifest.dependencies, ...(optional ? manifest.optionalDependencies : {}) };
    for (const next of Object.keys(wanted)) visit(next, folder);
  };
  visit(name, root);
  const total = { bytes: 0, nativeBytes: 0, packages: seen.size };
  for (const { bytes, nativeBytes } of seen.values()) {
    total.bytes += bytes;
    total.nativeBytes += nativeBytes;
  }
  return total;
}

function resolveFolder(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (folder === dirname(folder)) return undefined;
  }
}

/** Workspace packages count what would be published; others everything that lies in their folder, left by a compiler too. */
function sizeOf(folder, manifest) {
  const isOwn = manifest.name.startsWith('@conclave/');
  const published = isOwn ? ['package.json', ...manifest.files.filter((each) => !each.startsWith('!'))] : [];
  const isCounted = (path) =>
    !isOwn ||
    (published.some((each) => path === each || path.startsWith(`${each}/`)) &&
      !/\.(test|testkit)\.ts$|\.tsbuildinfo$/.test(path));
  let bytes = 0;
  let nativeBytes = 0;
  const walk = (relative) => {
    for (const entry of readdirSync(join(folder, relative), { withFileTypes: true })) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules') walk(path);
      } else if (entry.isFile() && isCounted(path)) {
        const { size } = lstatSync(join(folder, path));
        bytes += size;
        if (/\.(node|so|dylib|dll|wasm)$/.test(path)) nativeBytes += size;
      }
    }
  };
  walk('');
  return { bytes, nativeBytes };
}
