/**
 * `npm run test:interop [-- NAME…]`: the scenarios in `scenarios/`, each in a process of its own under a Node that
 * loads the deployed client. Closes with `N passed, N failed`, counting steps.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEER, PEER_NODE, PEER_SDK } from './peer/places.mjs';

const SCENARIOS = join(dirname(fileURLToPath(import.meta.url)), 'scenarios');
const TIME_LIMIT_MS = Number(process.env.CONCLAVE_SCENARIO_MINUTES ?? 5) * 60_000;

/** Runs one scenario; gives its steps. A process that dies or hangs counts as one more failed step. */
async function play(file) {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-results-'));
  const results = join(folder, 'steps.jsonl');
  const child = spawn(PEER_NODE, [join(SCENARIOS, file)], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CONCLAVE_PEER: PEER, CONCLAVE_OWN_NODE: process.execPath, CONCLAVE_RESULTS: results },
  });
  const timer = setTimeout(() => {
    process.stdout.write(`  FAIL ${file}: not done within ${TIME_LIMIT_MS / 60_000} minutes\n`);
    child.kill('SIGKILL');
  }, TIME_LIMIT_MS);
  const code = await new Promise((resolve) => child.once('close', resolve).once('error', () => resolve(1)));
  clearTimeout(timer);
  const steps = existsSync(results)
    ? readFileSync(results, 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  rmSync(folder, { recursive: true, force: true });
  if (code !== 0 && steps.every(({ ok }) => ok)) steps.push({ ok: false });
  return steps;
}

async function main() {
  if (!existsSync(PEER_NODE) || !existsSync(PEER_SDK)) {
    process.stdout.write(
      `The deployed XMTP client is not set up in ${PEER}, so nothing was tested. Set it up with: npm run interop:setup\n`,
    );
    process.stdout.write('0 passed, 0 failed\n');
    process.exitCode = process.env.CI ? 1 : 0;
    return;
  }
  const wanted = process.argv.slice(2);
  const files = readdirSync(SCENARIOS).filter(
    (file) => file.endsWith('.mjs') && (wanted.length === 0 || wanted.some((name) => file.includes(name))),
  );
  const steps = [];
  for (const file of files.sort()) steps.push(...(await play(file)));
  const passed = steps.filter(({ ok }) => ok).length;
  process.stdout.write(`\n${passed} passed, ${steps.length - passed} failed\n`);
  process.exitCode = passed > 0 && passed === steps.length ? 0 : 1;
}

await main();
