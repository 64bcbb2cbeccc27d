/**
 * A Conclave node as a process of its own, with empty data, that can be restarted on the same data and ports.
 *
 * `CONCLAVE_NODE_COMMAND` names another node to test: a program that takes `--data DIR --grpc HOST:PORT
 * --web HOST:PORT` and prints a line beginning `ready`.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { OWN_NODE, ROOT } from './places.mjs';
import { within } from './waiting.mjs';

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 15_000;

/**
 * Starts a node.
 * @param {string} dataDir an empty or former data folder
 * @param {import('@conclave/testing/servers').PostgresServer} [database] where its log lies in place of SQLite; restarted with it
 */
export async function startNodeProcess(dataDir, database) {
  const grpcPort = await freePort();
  const webPort = await freePort();
  const args = ['--data', dataDir, '--grpc', `127.0.0.1:${grpcPort}`, '--web', `127.0.0.1:${webPort}`];
  if (database !== undefined) args.push('--postgres', await database.createDatabase());
  let child = await launch(args);
  const stop = async (signal = 'SIGTERM') => {
    const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));
    child.kill(signal);
    return within('the node to stop', ended, STOP_LIMIT_MS);
  };
  process.once('exit', () => child.kill('SIGKILL'));
  return {
    url: `http://127.0.0.1:${grpcPort}`,
    webUrl: `http://127.0.0.1:${webPort}`,
    stop,
    /** Stops it as an operator does, and starts it again on the same data. Gives the exit code of the first. */
    async restart() {
      const code = await stop();
      await database?.kill();
      await database?.startServer();
      child = await launch(args);
      return code;
    },
    /** Ends it without warning and starts it again on the same data. */
    async crash() {
      await stop('SIGKILL');
      child = await launch(args);
    },
  };
}

async function launch(args) {
  const [program, first] = process.env.CONCLAVE_NODE_COMMAND
    ? [process.env.CONCLAVE_NODE_COMMAND, []]
    : [OWN_NODE, [join(ROOT, 'packages/cli/bin/conclave.js'), 'node', 'start']];
  const child = spawn(program, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ready = new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      if (/^ready\b/m.test(output)) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('close', (code) =>
      reject(new Error(`the node ended with code ${code} before it was ready:\n${output}`)),
    );
  });
  await within('the node to be ready', ready, START_LIMIT_MS);
  return child;
}

/** A port of the loopback interface that nobody listens on. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
