/**
 * Runs the documentation's examples: every \`\`\`ts example\`\`\` block of README.md, docs/ and the packages' READMEs is
 * type-checked and run against a fresh node on the ports of \`env: "local"\`. A \`\`\`text output\`\`\` block that follows
 * must be exactly what the example printed. Arguments name the Markdown files to look at; without any, all.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow, textOf } from './checks/files.mjs';
import { capture } from './progress.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const WORK = join(ROOT, 'docs/dist/examples');
const LOCAL_PORTS = [5556, 5557, 5558];
const TIME_LIMIT_MS = 60_000;
const FENCE = /^```ts example\n([\s\S]*?)^```$(?:\s*^```text output\n([\s\S]*?)^```$)?/gm;

/** The examples of one Markdown text, in order, each with the output that the text promises. */
export function examplesOf(path, text) {
  return [...text.matchAll(FENCE)].map(([, code, output], index) => ({
    name: `${path
      .replace(/\.md$/, '')
      .replace(/[^a-zA-Z0-9]+/g, '-')
      .toLowerCase()}-${index + 1}`,
    where: `${path}:${text.slice(0, text.indexOf(code)).split('\n').length}`,
    code,
    output,
  }));
}

const isListening = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Starts a node with empty data; gives what stops it. */
async function startLocalNode(dataDir) {
  for (const port of LOCAL_PORTS) {
    if (await isListening(port))
      throw new ExampleFailure(
        `Port ${port} is taken, and the examples need it: stop the node that is running and try again.`,
      );
  }
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs'), '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  await new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new ExampleFailure(`The node was not ready within ${TIME_LIMIT_MS / 1000} s:\n${output}`)),
      TIME_LIMIT_MS,
    );
    const read = (chunk) => {
      output += chunk;
      if (/^ready\b/m.test(output)) {
        clearTimeout(timer);
        resolve();
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', () => {
      clearTimeout(timer);
      reject(new ExampleFailure(`The node ended before it was ready:\n${output}`));
    });
  });
  return () =>
    new Promise((resolve) => {
      child.once('close', resolve);
      child.kill('SIGTERM');
    });
}

class ExampleFailure extends Error {}

async function typeCheck(examples) {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  for (const { name, code } of examples) writeFileSync(join(WORK, `${name}.ts`), code);
  const config = {
    extends: '../../../tsconfig.base.json',
    compilerOptions: {
      composite: false,
      declaration: false,
      declarationMap: false,
      sourceMap: false,
      rootDir: '.',
      outDir: 'run',
    },
    include: ['*.ts'],
  };
  writeFileSync(join(WORK, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(WORK, 'package.json'), '{"type":"module"}');
  const { code, output } = await capture(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', WORK],
    { cwd: ROOT },
  );
  if (code !== 0) throw new ExampleFailure(output);
}

async function run({ name, where, output: promised }, folder) {
  mkdirSync(join(folder, name));
  const { code, output } = await capture(process.execPath, [join(WORK, 'run', `${name}.js`)], {
    cwd: join(folder, name),
    timeout: TIME_LIMIT_MS,
  });
  if (code !== 0) return `${where}: the example failed:\n${output}`;
  if (promised !== undefined && output !== promised)
    return `${where}: the example printed\n${output}instead of\n${promised}`;
  process.stdout.write(`ok ${where}\n`);
  return undefined;
}

async function main() {
  const wanted = process.argv.slice(2);
  const files = wanted.length > 0 ? wanted : filesBelow(ROOT, '', /\.md$/);
  const examples = files.flatMap((path) => examplesOf(path, textOf(ROOT, path)));
  if (examples.length === 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'conclave-examples-'));
  try {
    await typeCheck(examples);
    const stop = await startLocalNode(join(folder, 'node'));
    try {
      for (const example of examples) {
        const complaint = await run(example, folder);
        if (complaint) throw new ExampleFailure(complaint);
      }
    } finally {
      await stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ExampleFailure)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
