/**
 * What stands in deploy/ is held to the node: dashboards are JSON, every metric that they and the alerts name is one that the
 * node serves with those labels, every variable is a setting, and every rule file is
 * mounted.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeMetrics } from '../docs/metrics-page.mjs';
import { nodeSettings } from '../docs/settings-page.mjs';
import { filesBelow, textOf } from './files.mjs';

/** Labels that a query groups by. */
const GROUPED = /\b(?:by|without) *\(([^)]*)\)/g;
/** What Prometheus itself adds, to every series and to buckets. */
const SCRAPED_LABELS = ['job', 'instance', 'le'];
const METRIC = /\b((?:conclave|nodejs|process)_[a-z0-9_]+)(?:\{([^}]*)\})?/g;

/** Every complaint. Reads built packages. */
export async function checkDeploy(root) {
  const metrics = new Map((await nodeMetrics(root)).map((metric) => [metric.name, metric]));
  const variables = new Set(['CONCLAVE_NODE_CONFIG', ...(await nodeSettings(root)).map(({ variable }) => variable)]);
  const complaints = [];
  const dashboards = filesBelow(root, 'deploy/grafana/dashboards', /\.json$/);
  if (dashboards.length < 3) complaints.push('deploy/grafana/dashboards: fewer than three dashboards.');
  for (const path of dashboards) complaints.push(...checkDashboard(path, textOf(root, path), metrics));
  complaints.push(...checkMetrics('deploy/alerts.yml', textOf(root, 'deploy/alerts.yml'), metrics));
  complaints.push(...checkRuleFiles(textOf(root, 'deploy/prometheus.yml'), textOf(root, 'deploy/compose.yaml')));
  for (const path of filesBelow(root, 'deploy', /(?:\.env|\.yaml|\.yml|\.service|Containerfile)$/)) {
    for (const [, name] of textOf(root, path).matchAll(/\b(CONCLAVE_NODE_[A-Z_]+)\b/g)) {
      if (!variables.has(name)) complaints.push(`${path}: ${name} is no setting of the node.`);
    }
    complaints.push(...checkPaths(path, textOf(root, path), (inner) => existsSync(join(root, inner))));
    if (/\.ya?ml$/.test(path) && /^\t/m.test(textOf(root, path))) complaints.push(`${path}: a tab indents a line.`);
  }
  return complaints;
}

/** Complaints about paths of the repository that a container file copies out of its build (`/src`), or that either starts. */
export function checkPaths(path, text, exists) {
  const named = [...text.matchAll(/(?:\/src|\/app|\/opt\/conclave)\/([\w./-]+)/g)].map(([, inner]) => inner);
  // What is installed and built is not in the repository.
  const sources = named.filter((inner) => !inner.startsWith('node_modules'));
  return sources.filter((inner) => !exists(inner)).map((inner) => `${path}: there is no ${inner} in the repository.`);
}

/** Complaints about rule files that Prometheus reads beside its configuration and that the containers are not given there. */
export function checkRuleFiles(prometheus, compose) {
  const [, list = ''] = /^rule_files:\n((?: +- .*\n)*)/m.exec(prometheus) ?? [];
  const names = [...list.matchAll(/- (\S+)/g)].map(([, name]) => name);
  if (names.length === 0) return ['deploy/prometheus.yml: names no rule file.'];
  const mount = (name) => `- ./${name}:/etc/prometheus/${name}:ro`;
  const missing = names.filter((name) => !compose.includes(mount(name)));
  return missing.map((name) => `deploy/compose.yaml: does not mount ${name}, which prometheus.yml names.`);
}

/** Complaints about one dashboard. */
export function checkDashboard(path, text, metrics) {
  let dashboard;
  try {
    dashboard = JSON.parse(text);
  } catch (error) {
    return [`${path}: is no JSON (${error.message}).`];
  }
  const expressions = (dashboard.panels ?? []).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const missing =
    dashboard.uid && dashboard.title && expressions.length > 0 ? [] : [`${path}: lacks uid, title or panels.`];
  return [...missing, ...expressions.flatMap((expr) => checkMetrics(path, expr, metrics))];
}

/** Complaints about metrics that a text names. */
export function checkMetrics(path, text, metrics) {
  const complaints = [];
  const known = new Set(SCRAPED_LABELS);
  for (const [, name, labels = ''] of text.matchAll(METRIC)) {
    const metric = metrics.get(name) ?? metrics.get(name.replace(/_(?:bucket|sum|count)$/, ''));
    if (metric === undefined) complaints.push(`${path}: ${name} is no metric of the node.`);
    else {
      for (const label of metric.labels) known.add(label);
      for (const [, label] of labels.matchAll(/([a-z_]+)\s*[=!]/g)) {
        if (!metric.labels.includes(label)) complaints.push(`${path}: ${name} has no label ${label}.`);
      }
    }
  }
  for (const line of text.split('\n')) {
    for (const label of [...line.matchAll(GROUPED)].flatMap(([, list]) => list.split(/[ ,]+/).filter(Boolean))) {
      if (!known.has(label)) complaints.push(`${path}: no metric of "${line.trim()}" has the label ${label}.`);
    }
  }
  return complaints;
}
