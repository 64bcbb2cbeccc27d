/**
 * `npm run sim -- --seeds N --from SEED [--scale SCALE] [--steps N] [--jobs N] [--trace]`: the simulator over N seeds, closed by one line
 * `N passed, N failed`. SCALE is tiny, small, medium or large; without it every seed draws its own. A seed that failed is named with what it found; the same seed fails again, and `--trace` tells its story.
 */
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SIMULATOR = pathToFileURL(join(ROOT, 'packages/testing/dist/index.js')).href;

/** How often a run that writes to a log says how far it is. */
const LOG_EVERY_MS = 60_000;
const SCALES = ['tiny', 'small', 'medium', 'large'];

/** Values of an error as one line. */
function describe(error) {
  const details = Object.entries(error?.details ?? {}).map(([key, value]) => `${key}=${value}`);
  return [error?.code ?? error?.name ?? 'unknown', ...details].join(' ');
}

async function work() {
  const { simulate } = await import(SIMULATOR);
  const { scale, steps, trace } = workerData;
  parentPort.on('message', async (seed) => {
    const options = {
      ...(scale === undefined ? {} : { scale }),
      ...(steps === undefined ? {} : { steps }),
      ...(trace ? { trace: (line) => process.stdout.write(`${line}\n`) } : {}),
    };
    try {
      const { devices, conversations, envelopes } = await simulate(seed, options);
      parentPort.postMessage({ seed, devices, conversations, envelopes });
    } catch (error) {
      parentPort.postMessage({ seed, failure: describe(error), stack: String(error?.stack ?? error) });
    }
  });
}

function wholeNumber(name, text, least) {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  process.stderr.write(`--${name} takes a whole number from ${least} on, not ${text}.\n`);
  process.exit(2);
}

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      scale: { type: 'string' },
      steps: { type: 'string' },
      jobs: { type: 'string', default: `${availableParallelism()}` },
      trace: { type: 'boolean', default: false },
    },
  });
  const count = wholeNumber('seeds', values.seeds, 1);
  const from = wholeNumber('from', values.from, 0);
  const steps = values.steps === undefined ? undefined : wholeNumber('steps', values.steps, 1);
  const { scale } = values;
  if (scale !== undefined && !SCALES.includes(scale)) {
    process.stderr.write(`--scale takes one of ${SCALES.join(', ')}, not ${scale}.\n`);
    process.exit(2);
  }
  const jobs = values.trace ? 1 : Math.min(wholeNumber('jobs', values.jobs, 1), count);
  const startedAt = Date.now();
  const failed = [];
  let next = from;
  let done = 0;
  let envelopes = 0;

  let loggedAt = startedAt;
  const showProgress = () => {
    const line = `${done} of ${count} seeds, ${failed.length} failed`;
    if (process.stderr.isTTY) process.stderr.write(`\r${line} `);
    else if (Date.now() - loggedAt >= LOG_EVERY_MS) {
      loggedAt = Date.now();
      process.stderr.write(`${line}\n`);
    }
  };
  const runWorker = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { scale, steps, trace: values.trace } });
      let current;
      const give = () => {
        if (next >= from + count) return void worker.terminate().then(resolve);
        current = next++;
        worker.postMessage(current);
      };
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      worker.on('message', (result) => {
        done += 1;
        envelopes += result.envelopes ?? 0;
        if (result.failure !== undefined) {
          failed.push(result.seed);
          process.stdout.write(`seed ${result.seed} failed: ${result.failure}\n`);
          if (values.trace) process.stdout.write(`${result.stack}\n`);
        }
        showProgress();
        give();
      });
      give();
    });
  await Promise.all(Array.from({ length: jobs }, runWorker));

  const seconds = (Date.now() - startedAt) / 1000;
  if (process.stderr.isTTY) process.stderr.write('\r');
  const rate = (done / seconds).toFixed(2);
  process.stdout.write(`${done} seeds in ${seconds.toFixed(1)} s, ${rate} seeds per second, ${envelopes} envelopes\n`);
  if (failed.length > 0) {
    failed.sort((a, b) => a - b);
    process.stdout.write(`failed: ${failed.join(' ')}\n`);
    const sameScale = scale === undefined ? '' : ` --scale ${scale}`;
    process.stdout.write(`again, with its story: npm run sim -- --seeds 1 --from ${failed[0]}${sameScale} --trace\n`);
  }
  // A seed that did not come to an end has failed as well.
  process.stdout.write(`${done - failed.length} passed, ${count - done + failed.length} failed\n`);
  process.exitCode = failed.length > 0 || done < count ? 1 : 0;
}

await (isMainThread ? main() : work());
