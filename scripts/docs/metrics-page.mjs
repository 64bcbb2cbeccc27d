/** docs/metrics.md: every metric of the node, from the registry that it serves. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cell } from './markdown.mjs';

const HEAD = `# Metrics

<!-- Generated from the node's registry: npm run generate -->

What a node serves to Prometheus (\`--metrics HOST:PORT\`, or \`--metrics web\`). No label names a client, a group or an installation.
Dashboards and alerts that use them are in [deploy](../deploy).
`;

/** Every metric: name, type, labels, help. */
export async function nodeMetrics(root) {
  const { NodeMetrics } = await import(pathToFileURL(join(root, 'packages/node/dist/index.js')).href);
  const metrics = new NodeMetrics();
  metrics.observe(() => ({}));
  const { registry } = metrics;
  return registry
    .getMetricsAsArray()
    .map(({ name, type, help, labelNames }) => ({ name, type, help, labels: labelNames }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The page as text. */
export async function metricsPage(root) {
  const rows = (await nodeMetrics(root)).map(
    ({ name, type, help, labels }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${cell(help)} |`,
  );
  return `${HEAD}\n| metric | type | labels | what |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}
