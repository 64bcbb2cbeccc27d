/**
 * A client of an SDK that runs in another process (`client-process.mjs`), used as if it were here: members are read and
 * called by name and every answer is awaited, `await client.inboxId`, `await client.conversations.sync()`. A scenario that
 * awaits everything runs with either kind of client.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OWN_NODE, ROOT } from './places.mjs';
import { decodeValue, encodeValue } from './remote-values.mjs';
import { within } from './waiting.mjs';
import { newWallet } from './wallet.mjs';

const DRIVER = join(dirname(fileURLToPath(import.meta.url)), 'client-process.mjs');
const OWN_SDK = join(ROOT, 'packages/node-sdk/bundle/index.js');
const CALL_LIMIT_MS = 60_000;
const HANDLE = Symbol('handle');

let databases = 0;

/**
 * A registered client of our own SDK, in a process of its own.
 * @param {{ url: string, folder: string, wallet?: ReturnType<typeof newWallet>, options?: object,
 *   program?: string, sdk?: string }} where `program` is the Node that runs it, `sdk` the module it imports
 */
export async function newOwnClient({
  url,
  folder,
  wallet = newWallet(),
  options = {},
  program = OWN_NODE,
  sdk = OWN_SDK,
}) {
  const clientOptions = {
    env: 'local',
    apiUrl: url,
    disableDeviceSync: true,
    dbPath: join(folder, `own-${++databases}.db3`),
    dbEncryptionKey: Uint8Array.from(randomBytes(32)),
    ...options,
  };
  const connection = connect(program, sdk);
  const client = await connection.request({
    op: 'create',
    privateKey: encode(wallet.privateKey),
    options: encode(clientOptions),
  });
  return { client, wallet, options: clientOptions, kill: connection.kill, end: connection.end };
}

/** Gathers what a stream of either kind of client gives. @returns a function that answers all so far */
export async function collectStream(stream) {
  const remote = stream?.[HANDLE];
  if (remote) {
    await remote.connection.request({ op: 'collect', handle: remote.handle });
    return () => remote.connection.request({ op: 'collected', handle: remote.handle });
  }
  const items = [];
  (async () => {
    for await (const item of stream) items.push(item);
  })().catch((error) => items.push({ error: String(error) }));
  return async () => items;
}

const encode = (value) =>
  encodeValue(value, () => {
    throw new TypeError('a live object of one process is not an argument of another');
  });

function connect(program, sdk) {
  const child = spawn(program, [DRIVER, sdk], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map();
  let requests = 0;
  process.once('exit', () => child.kill('SIGKILL'));
  child.once('close', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the client's process ended with code ${code}`));
    waiting.clear();
  });
  const connection = {
    kill: () => child.kill('SIGKILL'),
    /** Ends the process without warning; its data can be opened again afterwards. */
    end() {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      return within('the client to end', closed);
    },
    async request(message) {
      const id = ++requests;
      const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      child.stdin.write(`${JSON.stringify({ ...message, id })}\n`);
      return decodeValue(
        await within(`${message.op} ${message.path?.join('.') ?? ''}`, answer, CALL_LIMIT_MS),
        (handle) => live(connection, handle),
      );
    },
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return; // an SDK may print; answers are objects
    const { id, result, error } = JSON.parse(line);
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(Object.assign(new Error(error.message), { code: error.code }));
    else call?.resolve(result);
  });
  return connection;
}

/** Stands for a live object of the other process. It is no thenable itself, so that it can be an awaited answer. */
function live(connection, handle) {
  return new Proxy(Object.create(null), {
    get: (_, name) => {
      if (name === HANDLE) return { connection, handle };
      return name === 'then' || typeof name === 'symbol' ? undefined : member(connection, handle, [name]);
    },
  });
}

/** A member: awaited, it is read; called, it is called; asked for a member of its own, it goes on. */
function member(connection, handle, path) {
  return new Proxy(() => {}, {
    get: (_, name) => {
      if (name === 'then') {
        return (resolve, reject) => connection.request({ op: 'get', handle, path }).then(resolve, reject);
      }
      return typeof name === 'symbol' ? undefined : member(connection, handle, [...path, name]);
    },
    apply: (_, __, args) => connection.request({ op: 'call', handle, path, args: encode(args) }),
  });
}
