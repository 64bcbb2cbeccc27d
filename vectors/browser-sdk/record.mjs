/**
 * Records surface.json: the names and numbers of the deployed browser SDK, from its type declarations (its code runs in browsers only) and,
 * for the texts of errors, from its sources. Run from the project's root, with the folder that `interop/setup-browser-peer.sh` filled:
 *
 *   node vectors/browser-sdk/record.mjs ~/.cache/conclave-browser-peer vectors/browser-sdk/surface.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';

const [folder, target] = process.argv.slice(2);
const sdk = join(folder, 'node_modules/@xmtp/browser-sdk');
const declarations = readFileSync(join(sdk, 'dist/index.d.ts'), 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '');
const bindings = readFileSync(join(folder, 'node_modules/@xmtp/wasm-bindings/dist/bindings_wasm.d.ts'), 'utf8');
const { version } = JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8'));

const exported = /^export \{([^}]*)\};$/m.exec(declarations)[1].split(',').map((name) => name.trim());
const passedOn = /^export \{([^}]*)\} from '@xmtp\/wasm-bindings'/m.exec(declarations)[1].split(',').map((name) => name.trim());
const bodyOf = (text, kind, name) => new RegExp(`${kind} ${name}\\b[^{]*\\{([\\s\\S]*?)^\\}`, 'm').exec(text)?.[1];

/** `get` for a getter, `async` for what returns a promise, else `method`. */
function members(body, wanted) {
  const found = {};
  for (const line of body.split('\n')) {
    const [, isStatic, isGetter, name, rest] = /^ {4}(static )?(get )?(\w+)((?:<[^(]*>)?\(.*)$/.exec(line) ?? [];
    if (name === undefined || name === 'constructor' || Boolean(isStatic) !== (wanted === 'static')) continue;
    found[name] = isGetter ? 'get' : /\): Promise</.test(rest) || rest.includes(': Promise<') || !rest.includes('):') ? 'async' : 'method';
  }
  return Object.fromEntries(Object.entries(found).sort());
}

function enumOf(name) {
  const body = new RegExp(`export enum ${name} \\{([^}]*)\\}`).exec(bindings)?.[1];
  if (body === undefined) return undefined;
  const entries = [...body.matchAll(/^\s*(\w+) = (-?\d+|"[^"]*")/gm)];
  return Object.fromEntries(entries.map(([, member, value]) => [member, JSON.parse(value)]));
}

const { code } = await transform(readFileSync(join(sdk, 'src/utils/errors.ts'), 'utf8'), { loader: 'ts' });
const errors = await import(`data:text/javascript,${encodeURIComponent(code)}`);

const surface = { origin: `@xmtp/browser-sdk ${version}`, functions: [], classes: {}, enums: {}, constants: {}, errors: {} };
for (const name of exported.sort()) {
  if (name in errors) {
    surface.errors[name] = name === 'StreamFailedError' ? [0, 1, 2].map((n) => new errors[name](n).message) : [new errors[name]('INBOX').message];
    continue;
  }
  const body = bodyOf(declarations, 'declare class', name);
  if (body !== undefined) surface.classes[name] = { statics: members(body, 'static'), members: members(body, 'member') };
  else {
    const constant = new RegExp(`^declare const ${name}(?:: \\{([^}]*)\\}| = (\\d+));`, 'm').exec(declarations);
    if (constant?.[1]) surface.constants[name] = Object.fromEntries([...constant[1].matchAll(/readonly "?([\w-]+)"?: "([^"]*)"/g)].map(([, key, value]) => [key, value]));
    else if (constant?.[2]) surface.constants[name] = Number(constant[2]);
    else surface.functions.push(name);
  }
}
for (const name of passedOn.sort()) {
  const values = enumOf(name);
  if (values !== undefined && Object.keys(values).length > 0) surface.enums[name] = values;
}
writeFileSync(target, `${JSON.stringify(surface, null, 1)}\n`);
