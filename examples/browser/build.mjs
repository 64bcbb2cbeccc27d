/**
 * `npm run examples:browser [-- NAME…]`: builds each of these pages as its bundler does by default, opens it in Chromium and waits for the
 * message to arrive. webpack and Next.js are not among the project's own tools: `setup-bundlers.sh` installs them beside it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BUNDLE,
  openPage,
  openProfile,
  serveFolder,
  startTestNode,
  temporaryFolder,
} from '../../packages/browser-sdk/test/browser/ground.mjs';
import { findChromium } from '../../scripts/chromium.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../..');
const OUTSIDE = process.env.CONCLAVE_BUNDLERS || join(homedir(), '.cache/conclave-bundlers');

function run(script, args, cwd) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}\n${stdout}${stderr}`);
}

const page = (name, target) => cpSync(join(HERE, name, 'index.html'), join(target, 'index.html'));

/** Each builds into the folder it is given. */
const EXAMPLES = {
  async plain(target) {
    page('plain', target);
    cpSync(join(HERE, 'talk.js'), join(target, 'talk.js'));
    cpSync(BUNDLE, join(target, 'browser-sdk'), { recursive: true });
  },
  async esbuild(target) {
    const { build } = await import('esbuild');
    await build({
      entryPoints: [join(HERE, 'esbuild/main.js')],
      bundle: true,
      format: 'esm',
      outfile: join(target, 'main.js'),
      logLevel: 'error',
    });
    page('esbuild', target);
  },
  async vite(target) {
    const { build } = await import('vite');
    await build({
      root: join(HERE, 'vite'),
      configFile: false,
      logLevel: 'error',
      build: { outDir: target, emptyOutDir: false },
    });
  },
  async webpack(target) {
    const cli = join(OUTSIDE, 'node_modules/webpack-cli/bin/cli.js');
    run(cli, ['build', './webpack/main.js', '--mode', 'production', '--output-path', target], HERE);
    page('webpack', target);
  },
  async next(target) {
    // Next.js looks for its own packages where the application is.
    const app = join(OUTSIDE, 'next-app');
    rmSync(app, { recursive: true, force: true });
    cpSync(join(HERE, 'next'), app, { recursive: true });
    cpSync(join(HERE, 'talk.js'), join(app, 'talk.js'));
    mkdirSync(join(app, 'node_modules/@conclave'), { recursive: true });
    symlinkSync(join(ROOT, 'packages/browser-sdk'), join(app, 'node_modules/@conclave/browser-sdk'));
    run(join(OUTSIDE, 'node_modules/next/dist/bin/next'), ['build'], app);
    cpSync(join(app, 'out'), target, { recursive: true });
  },
};
const NEEDS_OUTSIDE = { webpack: 'webpack-cli', next: 'next' };

if (findChromium() === undefined) {
  console.log('The examples were not built: there is no Chromium to open them in.');
  process.exit(process.env.CI ? 1 : 0);
}

const wanted = process.argv.slice(2);
const folder = temporaryFolder();
const node = await startTestNode(join(folder.path, 'node'));
const context = await openProfile(join(folder.path, 'profile'));
let failed = 0;
try {
  for (const [name, build] of Object.entries(EXAMPLES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const outside = NEEDS_OUTSIDE[name];
    if (outside !== undefined && !existsSync(join(OUTSIDE, 'node_modules', outside))) {
      console.log(
        `${name}: not built, because it is not in ${OUTSIDE}. Install it with: examples/browser/setup-bundlers.sh`,
      );
      if (process.env.CI) failed++;
      continue;
    }
    const target = join(folder.path, name);
    mkdirSync(target);
    const faults = [];
    let site;
    try {
      await build(target);
      site = await serveFolder(target);
      const shown = await openExample(`${site.url}?node=http://${node.webAddress}`, faults);
      if (shown !== 'bob reads: first light' || faults.length > 0) throw new Error([shown, ...faults].join('\n'));
      console.log(`ok   ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}: ${error.stack ?? error}`);
    } finally {
      await site?.close();
    }
  }
} finally {
  await context.close();
  await node.stop();
  folder.remove();
}
process.exitCode = failed === 0 ? 0 : 1;

async function openExample(url, faults) {
  const opened = await openPage(context, url, faults, () => document.querySelector('output') !== null);
  await opened.waitForFunction(() => document.querySelector('output').textContent !== '…', undefined, {
    timeout: 60_000,
  });
  const shown = await opened.evaluate(() => document.querySelector('output').textContent);
  // Browsers have six connections of HTTP/1.1 to a node, and the streams of a page that stays open hold two.
  await opened.close();
  return shown;
}
