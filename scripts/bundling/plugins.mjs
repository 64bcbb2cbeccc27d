/** Plugins for esbuild that several bundles use. */
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
