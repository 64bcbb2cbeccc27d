/** `npm start` as a newcomer runs it: it says that it is ready, answers on its web port, and ends with 0 when asked to. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LIMIT_MS = 300_000;

const child = spawn('npm', ['start'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
const ended = new Promise((resolve) => child.once('exit', resolve));
const limit = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), LIMIT_MS);
const ready = new Promise((resolve) => {
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    process.stdout.write(chunk);
    text += chunk;
    if (/^ready\b/m.test(text)) resolve(true);
  });
  void ended.then(() => resolve(false));
});

const isReady = await ready;
const status = isReady ? (await fetch('http://127.0.0.1:5557/readyz')).status : 0;
if (isReady) process.kill(-child.pid, 'SIGTERM');
await ended;
clearTimeout(limit);
process.stdout.write(`npm start: ${isReady ? 'ready' : 'not ready'}, /readyz answers ${status}\n`);
process.exitCode = isReady && status === 200 ? 0 : 1;
