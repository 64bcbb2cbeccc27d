/**
 * Progress for whatever takes longer than a second: a turning line on a terminal, one plain line every
 * fifteen seconds in a log. Everything goes to stderr, so that stdout stays for results.
 */
import { spawn } from 'node:child_process';

const FRAMES = ['|', '/', '-', '\\'];
const LOG_EVERY_MS = 15_000;
/** How much of a failed command's output is shown: its beginning says what, its end says how it went. */
const SHOWN_HEAD = 20;
const SHOWN_TAIL = 40;

const seconds = (ms) => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`);

/**
 * Shows that something is under way until `done` is called.
 * @param {string} title what is being done
 * @param {string} [hint] said after ten seconds, when waiting needs a reason
 */
export function startProgress(title, hint) {
  const started = Date.now();
  const elapsed = () => Date.now() - started;
  const isTerminal = process.stderr.isTTY === true;
  const line = (mark) => `${mark} ${title} (${seconds(elapsed())})${hint && elapsed() > 10_000 ? `: ${hint}` : ''}`;
  if (!isTerminal) process.stderr.write(`- ${title}\n`);
  let frame = 0;
  const timer = setInterval(
    () => {
      if (!isTerminal) process.stderr.write(`${line(' ')}\n`);
      else
        process.stderr.write(
          `\r\u001b[2K${line(FRAMES[frame++ % FRAMES.length]).slice(0, process.stderr.columns - 1)}`,
        );
    },
    isTerminal ? 120 : LOG_EVERY_MS,
  );
  timer.unref();
  return {
    /** @param {boolean} ok whether it went well */
    done(ok) {
      clearInterval(timer);
      process.stderr.write(
        `${isTerminal ? '\r\u001b[2K' : ''}${ok ? 'ok' : 'FAILED'} ${title} (${seconds(elapsed())})\n`,
      );
    },
  };
}

/**
 * Runs a command, keeps its output, shows progress meanwhile and an excerpt of the output when it fails.
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function runStep(title, command, args, options = {}) {
  const { hint, ...spawnOptions } = options;
  const progress = startProgress(title, hint);
  const { code, output } = await capture(command, args, spawnOptions);
  progress.done(code === 0);
  if (code !== 0) process.stderr.write(`${excerpt(output)}\n`);
  return { ok: code === 0, output };
}

/** Runs a command and gives its exit code and everything it printed, in order. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const add = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  const left = lines.length - SHOWN_HEAD - SHOWN_TAIL;
  const shown = left > 0 ? [...lines.slice(0, SHOWN_HEAD), `… ${left} lines …`, ...lines.slice(-SHOWN_TAIL)] : lines;
  return shown.map((line) => `    ${line}`).join('\n');
}
