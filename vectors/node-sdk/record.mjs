/**
 * Records surface.json: the names and numbers of the deployed SDK. Run from the project's root, after `npm run interop:setup`:
 *
 *   "$CONCLAVE_PEER/node24t" vectors/node-sdk/record.mjs vectors/node-sdk/surface.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PEER, PEER_SDK } from '../../interop/peer/places.mjs';

const sdk = await import(pathToFileURL(PEER_SDK).href);

const isClass = (value) => typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

/** `get` for a getter, `async` for an async method, else `method`. */
function memberKind({ get, value }) {
  if (get) return 'get';
  return value.constructor.name === 'AsyncFunction' ? 'async' : 'method';
}

function members(owner, hidden) {
  return Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(owner))
      .filter(([name, { get, value }]) => !hidden.includes(name) && (get || typeof value === 'function'))
      .map(([name, descriptor]) => [name, memberKind(descriptor)])
      .sort(),
  );
}

/** Enums of the binding have no enumerable members: their names come from its declarations. */
function enumValues(name) {
  const declarations = readFileSync(join(PEER, 'node_modules/@xmtp/node-bindings/dist/index.d.ts'), 'utf8');
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(declarations);
  const names = [...body[1].matchAll(/^\s*(\w+) =/gm)].map(([, member]) => member);
  return Object.fromEntries(names.map((member) => [member, sdk[name][member]]));
}

const surface = { origin: '@xmtp/node-sdk 6.0.0 on @xmtp/node-bindings 1.10.0', functions: [], classes: {}, enums: {}, constants: {}, errors: {} };
for (const name of Object.keys(sdk).sort()) {
  const value = sdk[name];
  if (isClass(value) && name.endsWith('Error')) {
    surface.errors[name] = name.startsWith('StreamFailed')
      ? [0, 1, 2].map((times) => new value(times).message)
      : [new value('INBOX').message];
  } else if (isClass(value)) {
    surface.classes[name] = {
      statics: members(value, ['prototype', 'name', 'length']),
      members: members(value.prototype, ['constructor']),
    };
  } else if (typeof value === 'function') surface.functions.push(name);
  else if (Object.keys(value).length > 0) surface.constants[name] = value;
  else surface.enums[name] = enumValues(name);
}
writeFileSync(process.argv[2], `${JSON.stringify(surface, null, 1)}\n`);
process.exit(0);
