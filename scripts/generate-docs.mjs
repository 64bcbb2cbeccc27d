/**
 * Writes the pages of docs/ that are made from the code. `--check` writes nothing and fails when a page is not what would
 * be written. Reads built packages.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiReport } from './docs/api-report.mjs';
import { errorsPage } from './docs/errors-page.mjs';
import { limitsPage } from './docs/limits-page.mjs';
import { metricsPage } from './docs/metrics-page.mjs';
import { migrationPage } from './docs/migration-page.mjs';
import { permissionRulesPage } from './docs/permission-rules-page.mjs';
import { environmentTemplate, settingsPage } from './docs/settings-page.mjs';
import { upstreamTestsPage } from './docs/upstream-tests-page.mjs';
import { validationPage } from './docs/validation-page.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGES = {
  'docs/api/agent.md': apiReport('agent'),
  'docs/api/node-sdk.md': apiReport('node-sdk'),
  'docs/errors.md': errorsPage,
  'docs/limits.md': limitsPage,
  'docs/migrating-from-node-sdk.md': migrationPage,
  'docs/metrics.md': metricsPage,
  'docs/operations/settings.md': settingsPage,
  'deploy/conclave-node.env': environmentTemplate,
  'docs/protocol/permission-rules.md': permissionRulesPage,
  'docs/upstream-tests.md': upstreamTestsPage,
  'docs/protocol/validation.md': validationPage,
};

for (const [path, pageOf] of Object.entries(PAGES)) {
  const target = join(ROOT, path);
  const page = await pageOf(ROOT);
  if (existsSync(target) && readFileSync(target, 'utf8') === page) continue;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${path} is not up to date: npm run generate\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, page);
    process.stderr.write(`${path} written\n`);
  }
}
