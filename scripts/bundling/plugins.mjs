/** Plugins for esbuild that several bundles use. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './places.mjs';

/** One copy of each noble library, whichever workspace it was installed under. */
export const oneNoble = {
  name: 'one-noble',
  setup(pluginBuild) {
    const resolveDir = join(ROOT, 'packages/crypto');
    pluginBuild.onResolve({ filter: /^@noble\// }, ({ path, kind, pluginData }) =>
      pluginData === 'resolved' ? undefined : pluginBuild.resolve(path, { kind, resolveDir, pluginData: 'resolved' }),
    );
  },
};

/**
 * The tables of AES, made when it is first used: it is one of several ciphers, and making 1.3 MB of tables takes a quarter of the time in which a
 * worker's code begins.
 */
export const aesTablesWhenUsed = {
  name: 'aes-tables-when-used',
  setup({ onLoad }) {
    onLoad({ filter: /@noble[\\/]ciphers[\\/]aes\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replace(/= \/\* @__PURE__ \*\/ genTtable\(/g, '= /* @__PURE__ */ tableWhenUsed(');
      if (contents.split(' tableWhenUsed(').length !== 3)
        throw new Error(`${path} makes its tables in another way now`);
      return { contents: contents + TABLE_WHEN_USED };
    });
  },
};

const TABLE_WHEN_USED = `
function tableWhenUsed(sbox, entryOf) {
  let made;
  const table = () => (made ??= genTtable(sbox, entryOf));
  return {
    ${['sbox', 'sbox2', 'T0', 'T1', 'T2', 'T3', 'T01', 'T23'].map((name) => `get ${name}() { return table().${name}; }`).join(',\n    ')}
  };
}
`;

/**
 * Without what grpc-js asks for only when a program offers its own services for inspection (Channelz, ORCA): `@grpc/proto-loader` with
 * `protobufjs`, 0.3 MB. Such a program brings its own grpc-js.
 */
export const noProtoLoader = {
  name: 'no-proto-loader',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@grpc\/proto-loader$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};' }));
  },
};
