/**
 * `npm run test:upstream -- FOLDER [NAME…]`: the test suites of the original SDKs, taken from a checkout of
 * github.com/xmtp/xmtp-js, on our packages and a fresh node. Their code is not in this repository: it is copied to a scratch
 * folder, where its imports lead to ours.
 *
 * What does not apply stands in `left-out.json` with its reason (docs/upstream-tests.md shows it as a table). The run
 * fails when anything else fails, and names what is left out and passes all the same.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AGENT } from '../agent-sdk/places.mjs';
import { ROOT } from '../peer/places.mjs';
import { startSwitch } from './switch.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const SUITES = [
  { suite: 'node-sdk', folder: 'sdks/node-sdk', copied: ['test'] },
  { suite: 'agent-sdk', folder: 'sdks/agent-sdk', copied: ['src', 'package.json'] },
];
const LEFT_OUT = JSON.parse(readFileSync(join(HERE, 'left-out.json'), 'utf8'));

class PlainFailure extends Error {}

/** A node on the ports of `env: "local"`, with empty data. @returns stops it */
async function startNode(dataDir) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs'), '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  await new Promise((ready, reject) => {
    const read = (chunk) => {
      output += chunk;
      if (/^ready\b/m.test(output)) ready();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', () => reject(new PlainFailure(`The node ended before it was ready:\n${output}`)));
  });
  return () =>
    new Promise((ended) => {
      child.once('close', ended);
      child.kill('SIGTERM');
    });
}

/** Runs one suite. @returns `{ file, name, ok, message }` of each case */
async function runSuite({ suite, copied }, from, scratch, filters) {
  const tests = join(scratch, suite);
  mkdirSync(tests);
  for (const name of copied) cpSync(join(from, name), join(tests, name), { recursive: true });
  const results = join(scratch, `${suite}.json`);
  const vitest = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--config', join(HERE, 'vitest.config.mjs')];
  const child = spawn(
    process.execPath,
    [...vitest, '--reporter=default', '--reporter=json', `--outputFile.json=${results}`, ...filters],
    {
      cwd: tests,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        CONCLAVE_UPSTREAM_SUITE: suite,
        CONCLAVE_UPSTREAM_TESTS: tests,
        CONCLAVE_AGENT_SDK: AGENT,
        NODE_OPTIONS: '--conditions=conclave-source',
      },
    },
  );
  await new Promise((closed) => child.once('close', closed));
  if (!existsSync(results)) throw new PlainFailure(`The tests of ${suite} gave no results.`);
  const { testResults } = JSON.parse(readFileSync(results, 'utf8'));
  return testResults.flatMap(({ name, assertionResults, message }) => {
    const file = `${suite}/${relative(tests, name)}`;
    if (assertionResults.length === 0) return [{ file, name: '(the file)', ok: false, message }];
    return assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ fullName, status, failureMessages }) => ({
        file,
        name: fullName,
        ok: status === 'passed',
        message: failureMessages.join('\n').split('\n')[0],
      }));
  });
}

async function main() {
  const [given, ...filters] = process.argv.slice(2);
  if (given === undefined || !existsSync(join(given, 'sdks/node-sdk/test'))) {
    throw new PlainFailure('Which folder? npm run test:upstream -- ../xmtp-js (a checkout of github.com/xmtp/xmtp-js)');
  }
  if (!existsSync(join(AGENT, 'node_modules/viem'))) throw new PlainFailure('Run npm run interop:setup first.');
  mkdirSync(join(ROOT, '.conclave'), { recursive: true });
  const scratch = mkdtempSync(join(ROOT, '.conclave/upstream-'));
  const cases = [];
  try {
    const stop = await startNode(join(scratch, 'node'));
    const stopSwitch = await startSwitch();
    try {
      for (const each of SUITES) {
        const from = join(resolve(given), each.folder);
        if (existsSync(from)) cases.push(...(await runSuite(each, from, scratch, filters)));
      }
    } finally {
      stopSwitch();
      await stop();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  report(cases);
}

function report(cases) {
  const reasonOf = ({ file, name }) => LEFT_OUT.find((entry) => entry.file === file && entry.name === name)?.reason;
  const known = cases.filter((one) => !one.ok && reasonOf(one) !== undefined);
  const failed = cases.filter((one) => !one.ok && reasonOf(one) === undefined);
  const surprising = cases.filter((one) => one.ok && reasonOf(one) !== undefined);
  const say = (line) => process.stdout.write(`${line}\n`);
  for (const one of surprising) say(`left out, and passes: ${one.file}: ${one.name}`);
  for (const one of known) say(`left out: ${one.file}: ${one.name}: ${reasonOf(one)}`);
  for (const one of failed) say(`FAILED: ${one.file}: ${one.name}\n    ${one.message}`);
  say(`${known.length} left out`);
  const passed = cases.filter(({ ok }) => ok).length;
  say(`${passed} passed, ${failed.length} failed`);
  process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof PlainFailure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
