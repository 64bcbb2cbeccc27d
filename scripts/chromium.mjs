/**
 * The Chromium that tests and benchmarks in a real browser use, and how they start it.
 *
 *     node scripts/chromium.mjs [--install]
 *
 * Prints where it is: $CONCLAVE_CHROMIUM, or a place where distributions put it. With `--install` and none there, Debian's
 * package is installed with apt, as root or with sudo that asks for no password. Fails when there is none in the end.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** The executable, or undefined. */
export function findChromium() {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return [process.env.CONCLAVE_CHROMIUM, ...places].find((path) => path !== undefined && existsSync(path));
}

/** As root, in containers and without asking anybody's servers. */
export const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function install() {
  const become = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq'];
  for (const step of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const [command, ...args] = [...become, ...apt, ...step];
    spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (findChromium() === undefined && process.argv.includes('--install')) install();
  const found = findChromium();
  if (found === undefined) {
    process.stderr.write('There is no Chromium. Install one (Debian: chromium) or name it in CONCLAVE_CHROMIUM.\n');
    process.exitCode = 1;
  } else {
    process.stdout.write(`${found}\n`);
  }
}
