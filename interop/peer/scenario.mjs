/**
 * A scenario: named steps in order, each building on the one before, with a node and a folder of their own. The first
 * step that fails ends it. Results go as JSON lines to the file that the runner names in `CONCLAVE_RESULTS`.
 */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POSTGRES_BIN, POSTGRES_MISSING, PostgresServer } from '@conclave/testing/servers';
import { startNodeProcess } from './node-process.mjs';

/**
 * Runs a scenario and ends the process: clients of the deployed SDK cannot be closed and would keep it alive.
 * @param {string} name
 * @param {(tools: { step: (title: string, work: () => Promise<unknown>) => Promise<void>,
 *   node: Awaited<ReturnType<typeof startNodeProcess>>, folder: string }) => Promise<void>} play
 * @param {{ store?: 'sqlite' | 'postgres' }} [options] where the node keeps its log; PostgreSQL is started for the scenario
 */
export async function scenario(name, play, { store = 'sqlite' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-interop-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.stdout.write(`\n${name}\n`);
  if (store === 'postgres' && POSTGRES_BIN === undefined) {
    process.stdout.write(`  ${POSTGRES_MISSING}\n`);
    process.exit(process.env.CI ? 1 : 0);
  }
  let failed = false;
  let database;
  const step = async (title, work) => {
    const started = Date.now();
    try {
      await work();
      report({ name, title, ok: true }, `  ok   ${title} (${Date.now() - started} ms)`);
    } catch (error) {
      failed = true;
      report({ name, title, ok: false }, `  FAIL ${title}\n${indented(error)}`);
      throw new StepFailed();
    }
  };
  try {
    let node;
    await step('a node starts', async () => {
      database = store === 'postgres' ? await PostgresServer.start() : undefined;
      node = await startNodeProcess(join(folder, 'node'), database);
    });
    await play({ step, node, folder });
    await step('the node drains and exits with 0', async () => {
      const code = await node.stop();
      if (code !== 0) throw new Error(`exit code ${code}`);
    });
  } catch (error) {
    if (!(error instanceof StepFailed))
      report({ name, title: 'between steps', ok: false }, `  FAIL ${name}\n${indented(error)}`);
    failed = true;
  }
  await database?.stop();
  process.exit(failed ? 1 : 0);
}

class StepFailed extends Error {}

function report(result, line) {
  process.stdout.write(`${line}\n`);
  if (process.env.CONCLAVE_RESULTS) appendFileSync(process.env.CONCLAVE_RESULTS, `${JSON.stringify(result)}\n`);
}

const indented = (error) => String(error?.stack ?? error).replace(/^/gm, '       ');
