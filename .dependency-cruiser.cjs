/**
 * The layers of ARCHITECTURE.md as rules: an import only ever points down, never into another package's
 * files, never in a circle. (That every imported package is declared is checked by scripts/checks/manifests.mjs.)
 */

/** Packages by layer, lowest first. `proto` stands on `crypto` for its errors alone; both count as the ground floor. `sdk` is the
 *  common half of the SDKs above it. */
const LAYERS = [
  { name: 'L0', packages: ['crypto'] },
  { name: 'L0-proto', packages: ['proto'] },
  { name: 'L1', packages: ['mls', 'identity', 'sqlite'] },
  { name: 'L2', packages: ['client', 'content'] },
  { name: 'L3-sdk', packages: ['sdk'] },
  { name: 'L3', packages: ['node-sdk', 'browser-sdk', 'node'] },
  { name: 'L4', packages: ['cli', 'agent', 'node-bindings'] },
];

/** Packages that do no I/O; platform code may live in a `src/node/` or `src/browser/` folder behind its own sub-path. */
const PURE = ['crypto', 'mls', 'identity', 'content'];

/** Folders of the client by floor, lowest first; those that are not named (`typing`, `device-sync`) take part in what their neighbours do. */
const CLIENT_FLOORS = [
  ['network', 'store', 'payloads', 'wrapping'],
  ['app-data', 'identity'],
  ['validation'],
  ['groups'],
  ['archive', 'commit-log', 'welcomes'],
  ['invites', 'streams'],
];

const alternatives = (names) => `(${names.join('|')})`;
const inside = (names) => `^packages/${alternatives(names)}/`;
const TESTS = '\\.(test|testkit)\\.ts$|^packages/[^/]+/test/';

/** Suites that a package lets others run on their back ends. Only tests may (`no-testing-in-the-product`). */
const SUITES = '\\.testkit\\.ts$|^packages/[^/]+/test/browser/';

const upward = LAYERS.map(({ name, packages }, index) => ({
  name: `${name}-points-down`,
  comment: `${packages.join(', ')} may import only packages of a lower layer (and their own files). Tests under test/ may start a real neighbour.`,
  severity: 'error',
  from: { path: inside(packages), pathNot: '^packages/[^/]+/test/' },
  to: { path: inside(LAYERS.slice(index).flatMap((layer) => layer.packages)), pathNot: '^packages/$1/' },
}));

const insideClient = (folders) => `^packages/client/src/${alternatives(folders)}/`;
const clientUpward = CLIENT_FLOORS.slice(0, -1).map((folders, index) => ({
  name: `client-${folders.join('-')}-points-down`,
  comment: `${folders.join(', ')} of the client stand below ${CLIENT_FLOORS.slice(index + 1)
    .flat()
    .join(', ')}.`,
  severity: 'error',
  from: { path: insideClient(folders), pathNot: TESTS },
  to: { path: insideClient(CLIENT_FLOORS.slice(index + 1).flat()) },
}));

module.exports = {
  forbidden: [
    ...upward,
    ...clientUpward,
    {
      name: 'client-and-node-are-strangers',
      comment: 'The two ends of the wire share only what lies below both.',
      severity: 'error',
      from: { path: '^packages/node/' },
      to: { path: inside(['client', 'content', 'sdk']) },
    },
    {
      name: 'no-cycle',
      comment: 'Files that need each other belong together, or need a third file below both.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-deep-import',
      comment:
        'Another package is imported by its name or a declared sub-path; a relative path into it, or a file of it, is not its surface.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/',
        pathNot: ['^packages/$1/', '^packages/[^/]+/src/index[.]ts$', '^packages/[^/]+/src/[^/]+/index[.]ts$', SUITES],
      },
    },
    {
      name: 'no-relative-path-out-of-a-package',
      comment: 'Even an index file of another package is imported by name, not by a relative path.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/[^/]+/', pathNot: ['^packages/$1/', SUITES], dependencyTypes: ['local'] },
    },
    {
      name: 'no-build-output',
      comment: 'Sources import sources; dist is for users.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '^packages/[^/]+/dist/' },
    },
    {
      name: 'pure-packages-stay-pure',
      comment: 'crypto, mls, identity and content do no I/O: Node modules only behind src/node/.',
      severity: 'error',
      from: { path: inside(PURE), pathNot: [TESTS, '^packages/[^/]+/src/node/', '^packages/[^/]+/scripts/'] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-testing-in-the-product',
      comment: '@conclave/testing and test helpers are for tests.',
      severity: 'error',
      from: { path: '^packages/', pathNot: [TESTS, '^packages/testing/'] },
      to: { path: ['^packages/testing/', TESTS] },
    },
    {
      name: 'no-unresolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: ['node_modules', '/dist/', '/gen/'] },
    tsPreCompilationDeps: 'specify',
    combinedDependencies: false,
    preserveSymlinks: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['conclave-source', 'import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
      mainFields: ['module', 'main', 'types'],
    },
    skipAnalysisNotInRules: true,
  },
};
