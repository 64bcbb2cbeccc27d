/**
 * An SDK in a process of its own, driven over stdin and stdout: one JSON request a line, one answer a line. Two SDKs whose
 * native parts need different Node versions can so meet in one scenario (`remote-client.mjs` is the other end).
 *
 *   node client-process.mjs SDK-MODULE
 *
 * `{ id, op: 'create', privateKey, options }`; `{ id, op: 'get' | 'call', handle, path, args }`; `{ id, op: 'collect', handle }`
 * starts to gather what a stream gives, of which `{ id, op: 'collected', handle }` answers all so far.
 */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { decodeValue, encodeValue } from './remote-values.mjs';
import { newWallet } from './wallet.mjs';

const { Client } = await import(pathToFileURL(process.argv[2]).href);

const live = new Map();
const handles = new Map();
const collections = new Map();

function keep(object) {
  if (!handles.has(object)) {
    handles.set(object, handles.size + 1);
    live.set(handles.get(object), object);
  }
  return handles.get(object);
}

const decode = (encoded) => decodeValue(encoded, (handle) => live.get(handle));

const operations = {
  async create({ privateKey, options }) {
    return Client.create(newWallet(decode(privateKey)).signer, decode(options));
  },
  async get({ handle, path }) {
    return path.reduce((object, name) => object[name], live.get(handle));
  },
  async call({ handle, path, args }) {
    const owner = path.slice(0, -1).reduce((object, name) => object[name], live.get(handle));
    return owner[path.at(-1)](...decode(args));
  },
  async collect({ handle }) {
    const items = [];
    collections.set(handle, items);
    (async () => {
      for await (const item of live.get(handle)) items.push(item);
    })().catch((error) => items.push({ error: String(error) }));
  },
  async collected({ handle }) {
    return collections.get(handle);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  operations[request.op](request).then(
    (result) => answer({ id: request.id, result: encodeValue(result, keep) }),
    (error) => answer({ id: request.id, error: { message: String(error?.message ?? error), code: error?.code } }),
  );
}
process.exit(0);

function answer(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
