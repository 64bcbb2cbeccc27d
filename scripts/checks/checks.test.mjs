/** The checks of `npm run verify` notice what they are for. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { examplesOf } from '../examples.mjs';
import { checkMetrics, checkPaths, checkRuleFiles } from './deploy.mjs';
import { checkDownloads } from './downloads.mjs';
import { headingsOf } from './links.mjs';
import { importedPackages } from './manifests.mjs';
import { checkLength, checkSource } from './sources.mjs';

const PATH = 'packages/mls/src/x.ts';
const complaints = (text, path = PATH) => checkSource(path, text);

describe('sources', () => {
  it('asks for a docstring on every export', () => {
    expect(complaints('export function open(): void {}')).toEqual([`${PATH}:1: open is exported without a docstring.`]);
    expect(complaints('// a remark\nexport interface Leaf {}')).toHaveLength(1);
    expect(complaints('/* no docstring */\nexport class Leaf {}')).toHaveLength(1);
    expect(complaints('/** Head of the file. */\n\nexport const A = 1;')).toHaveLength(1);
    expect(complaints('/** Opens. */\nexport async function open(): Promise<void> {}')).toEqual([]);
    expect(complaints('/**\n * Opens.\n */\nexport function* open() {}')).toEqual([]);
  });

  it('lets neighbours share one, and types that are derived from a table go without', () => {
    expect(complaints('/** Units. */\nexport const MS = 1n;\nexport const S = 1_000n;')).toEqual([]);
    expect(
      complaints('/** Codes. */\nexport const CODES = {} as const;\n\nexport type Code = keyof typeof CODES;'),
    ).toEqual([]);
    expect(
      complaints('/** Reads. */\nexport function read(a: string): string;\nexport function read(a: number): number;'),
    ).toEqual([]);
  });

  it('refuses untyped errors, star exports and unfinished work', () => {
    expect(complaints("throw new Error('no');")).toHaveLength(1);
    expect(complaints("const e = new RangeError('no');")).toHaveLength(1);
    expect(complaints('// never `new Error(...)` here')).toEqual([]);
    expect(complaints("export * from './a.js';", 'packages/mls/src/index.ts')).toHaveLength(1);
    expect(complaints(`// ${'TO'}${'DO'}: later`)).toHaveLength(1);
  });

  it('refuses import() of a library of the older module system, which has no names in a bundle', () => {
    const older = (name) => name === '@nats-io/transport-node';
    const check = (text) => checkSource(PATH, text, older);
    expect(check("const { connect } = await import('@nats-io/transport-node');")).toHaveLength(1);
    expect(check("const { a } = await import('@nats-io/transport-node/sub');")).toHaveLength(1);
    expect(check("import { connect } from '@nats-io/transport-node';")).toEqual([]);
    expect(check("const { password } = await import('@clack/prompts'); await import('./a.js');")).toEqual([]);
  });

  it('refuses tests that are switched off', () => {
    const path = 'packages/mls/src/x.test.ts';
    expect(complaints("it.skip('a', () => {});", path)).toHaveLength(1);
    expect(complaints("describe.only('a', () => {});", path)).toHaveLength(1);
    expect(complaints("it('a', () => { throw new Error('fine in a test'); });", path)).toEqual([]);
  });

  it('refuses files over 600 lines', () => {
    expect(checkLength(PATH, 'a\n'.repeat(600))).toEqual([]);
    expect(checkLength(PATH, 'a\n'.repeat(601))).toHaveLength(1);
  });
});

describe('queries of dashboards and alerts', () => {
  const metrics = new Map([['conclave_calls_total', { name: 'conclave_calls_total', labels: ['rpc', 'code'] }]]);

  it.each([
    ['sum(rate(conclave_calls_total{code!="OK"}[5m])) by (rpc)', []],
    ['histogram_quantile(0.9, sum(rate(conclave_calls_total_bucket[5m])) by (le, rpc, instance))', []],
    ['rate(conclave_cals_total[5m])', ['a: conclave_cals_total is no metric of the node.']],
    ['conclave_calls_total{status="OK"}', ['a: conclave_calls_total has no label status.']],
    [
      'sum(conclave_calls_total) by (rpc, status)',
      ['a: no metric of "sum(conclave_calls_total) by (rpc, status)" has the label status.'],
    ],
    [
      'sum by (kind) (conclave_calls_total)',
      ['a: no metric of "sum by (kind) (conclave_calls_total)" has the label kind.'],
    ],
  ])('name what the node serves: %s', (expr, complaints) => {
    expect(checkMetrics('a', expr, metrics)).toEqual(complaints);
  });
});

describe('manifests', () => {
  it('finds every way to import a package', () => {
    const text = [
      "import { a } from '@conclave/crypto/node';",
      "import type { B } from 'pino';",
      "export { c } from '@grpc/grpc-js';",
      "type D = import('commander').Command;",
      "const e = await import('picocolors');",
      "createRequire(import.meta.url)('better-sqlite3-multiple-ciphers'); require('node-sqlite3-wasm');",
      "import 'side-effect';",
      "import { readFileSync } from 'node:fs'; import { f } from './f.js';",
      "// import { no } from 'commented-out';",
    ].join('\n');
    expect([...importedPackages(text)].sort()).toEqual([
      '@conclave/crypto',
      '@grpc/grpc-js',
      'commander',
      'node-sqlite3-wasm',
      'picocolors',
      'pino',
      'side-effect',
    ]);
  });
});

describe('documentation', () => {
  it('derives the anchors of headings', () => {
    expect(headingsOf('# A first message\n\n```\n# not this\n```\n## `npm test`, and more')).toEqual([
      'a-first-message',
      'npm-test-and-more',
    ]);
  });

  it('finds examples and the output that they promise', () => {
    const text =
      'x\n\n```ts example\na();\n```\n\n```text output\nhello\n```\n\n```ts\nnot();\n```\n\n```ts example\nb();\n```\n';
    expect(examplesOf('docs/A page.md', text)).toEqual([
      { name: 'docs-a-page-1', where: 'docs/A page.md:4', code: 'a();\n', output: 'hello\n' },
      { name: 'docs-a-page-2', where: 'docs/A page.md:16', code: 'b();\n', output: undefined },
    ]);
  });
});

describe('deploy', () => {
  it('asks for every rule file of Prometheus to be mounted', () => {
    const prometheus = 'rule_files:\n  - a.yml\n  - b.yml\n\nscrape_configs:\n  - job_name: node\n';
    const compose = '      - ./a.yml:/etc/prometheus/a.yml:ro\n';
    expect(checkRuleFiles(prometheus, compose)).toEqual([
      'deploy/compose.yaml: does not mount b.yml, which prometheus.yml names.',
    ]);
    expect(checkRuleFiles('scrape_configs:\n', compose)).toHaveLength(1);
  });

  it('asks that what an image copies and a unit starts is in the repository', () => {
    const there = new Set(['packages', 'package.json', 'packages/cli/bin/conclave.js']);
    const check = (text) => checkPaths('deploy/x', text, (path) => there.has(path));
    expect(
      check('COPY --from=build /src/packages /app/packages\nENTRYPOINT ["node", "/app/packages/cli/bin/conclave.js"]'),
    ).toEqual([]);
    expect(check('COPY --from=build /src/node_modules /app/node_modules')).toEqual([]);
    expect(check('COPY --from=build /src/lib /lib')).toEqual(['deploy/x: there is no lib in the repository.']);
    expect(check('ExecStart=/usr/bin/node /opt/conclave/bin/node.js')).toHaveLength(1);
  });
});

describe('downloads', () => {
  it('complains of what is larger than it may be', () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    expect(checkDownloads(root)).toEqual([]);
    expect(checkDownloads(root, { client: 1000, page: 120_000 })).toEqual([
      expect.stringMatching(/^client: \d+ bytes/),
    ]);
  });
});
