/** Plugins for esbuild that leave out of libraries what is not used, where that cannot be told from outside. Each fails when its library changed. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { fewerFunctions } from '../../crypto/scripts/fewer-functions.mjs';

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));

/** The wrappers try these when they start. */
const SELF_TEST = ['randombytes_buf', 'crypto_secretbox_easy', 'crypto_secretbox_open_easy'];

/** The functions of libsodium that are used, as `packages/crypto/src/browser/sodium.ts` names them. */
const sodiumFunctions = () => {
  const source = readFileSync(join(PACKAGE, '../crypto/src/browser/sodium.ts'), 'utf8');
  return [...source.match(/(?<=')crypto_\w+(?=')/g), ...SELF_TEST];
};

/** What its wrappers call while they start, besides: memory, start, and functions that only give a number or a name. */
const SODIUM_START =
  /^(sodium_|malloc$|free$|randombytes)|(bytes|bytes_max|bytes_min|_max|_min|primitive|strprefix|tag_\w+|domain_standard|version\w*|limit\w*)$/;

/**
 * libsodium carries its WebAssembly as base64; compressed before that, and without the functions that nobody calls, it is half as large to
 * load. Of its wrappers, one for each of 245 functions, those stay that are used.
 */
export const smallSodium = {
  name: 'small-sodium',
  setup({ onLoad }) {
    onLoad({ filter: /libsodium\/dist\/modules-esm\/libsodium\.mjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const [, base64] = found(/"(AGFzbQ[A-Za-z0-9+/=]+)"/.exec(text), path);
      const names = new Map([...text.matchAll(/\b\w+\._(\w+)=\w+\.([\w$]+)/g)].map(([, name, short]) => [short, name]));
      const used = sodiumFunctions();
      const isCalled = (short) => {
        const name = names.get(short);
        return name === undefined || used.includes(name) || SODIUM_START.test(name);
      };
      const exportedAs = (short, kind) => (kind === 0 && !isCalled(short) ? undefined : short);
      const wasm = fewerFunctions(new Uint8Array(Buffer.from(base64, 'base64')), isCalled, exportedAs);
      const small = gzipSync(wasm, { level: 9 }).toString('base64');
      // The loader decodes base64 into a buffer of the size that the whole module has.
      const [decode] = found(/\w+\?\?=\(\w+=>\{for\(.*?return \w+\}\)\("AGFzbQ[^"]+"\)/.exec(text), path);
      const [target] = decode.split('??=');
      // It names every function to the wrappers, those too that are empty now.
      const named = text.replace(/,\w+\._\w+=\w+\.([\w$]+)(?=[,}])/g, (whole, short) => (isCalled(short) ? whole : ''));
      if (named.length === text.length) throw new Error(`${path} does not look as it did: no names`);
      const contents = `import { gunzipSync } from 'fflate';
        const bytesOf = (text) => Uint8Array.fromBase64?.(text) ?? Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
        ${named.replace(decode, () => `${target}??=gunzipSync(bytesOf("${small}"))`)}`;
      return { contents, resolveDir: PACKAGE };
    });
    onLoad({ filter: /libsodium-wrappers\/dist\/modules-esm\/libsodium-wrappers\.mjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const used = sodiumFunctions();
      const [whole, names, others, functions] = found(
        /for\(var \w+=\[([\w",]+)\],(\w+)=\[([\w$,]+)\]/.exec(text),
        path,
      );
      const wrappers = functions.split(',');
      const kept = JSON.parse(`[${names}]`).map((name, i) => [name, wrappers[i]]);
      const few = kept.filter(([name]) => used.includes(name));
      if (few.length !== used.length) throw new Error(`${path} lacks a function that is used`);
      const list = `[${few.map(([name]) => `"${name}"`)}],${others}=[${few.map(([, wrapper]) => wrapper)}]`;
      return {
        contents: text.replace(
          whole,
          whole.replace(/\[.*/s, () => list),
        ),
      };
    });
  },
};

function found(match, path) {
  if (match === null) throw new Error(`${path} does not look as it did; see bundle.mjs`);
  return match;
}
