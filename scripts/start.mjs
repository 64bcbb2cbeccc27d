/**
 * `npm start`: a node for this machine, on the ports that clients call for `env: "local"`. It is
 * `conclave node start` with those addresses; options given after `--` are added (`npm start -- --data /srv/conclave`).
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const child = spawn(
  process.execPath,
  [
    join(ROOT, 'packages/cli/bin/conclave.js'),
    'node',
    'start',
    ...['--data', join(ROOT, 'data')],
    ...['--grpc', '127.0.0.1:5556'],
    ...['--web', '127.0.0.1:5557'],
    ...['--history', '127.0.0.1:5558'],
    ...['--page', join(ROOT, 'apps/web/dist')],
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: ['inherit', 'pipe', 'inherit'] },
);

const HOW_TO_CHAT = `
Talk to somebody in a browser: http://localhost:5557 (another person in a private window), or in two other terminals of this folder:

  npx conclave init --db data/alice.db3 --throw-away     prints Alice's address
  npx conclave init --db data/bob.db3 --throw-away       prints Bob's address
  npx conclave chat BOBS-ADDRESS --db data/alice.db3     and the other way round

In a program: README.md, "A first message". Control-C stops the node; its data stays.
`;

let told = false;
child.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  if (!told && /^ready\b/m.test(text)) {
    told = true;
    process.stdout.write(HOW_TO_CHAT);
  }
});
// Control-C reaches the node as well as this process: wait for it to drain. A SIGTERM is for this process alone.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  process.stderr.write(`The node could not be started: ${error.message}\n`);
  process.exitCode = 1;
});
child.on('close', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});
