/** docs/operations/settings.md and deploy/conclave-node.env: every setting of the node, from its table. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cell } from './markdown.mjs';

const HEAD = `# Settings of a node

<!-- Generated from the node's table of settings: npm run generate -->

The command line is asked first, then the environment, then the file that \`--config\` or \`CONCLAVE_NODE_CONFIG\` names (lines
\`NAME=value\`, as an environment file has them), then the default. \`conclave node config\` prints what holds and where it comes from. A
name that is none, and a value that does not fit, keep the node from starting.
`;

/** The table. */
export async function nodeSettings(root) {
  const { NODE_SETTINGS } = await import(pathToFileURL(join(root, 'packages/node/dist/settings/index.js')).href);
  return NODE_SETTINGS;
}

/** The page as text. */
export async function settingsPage(root) {
  const rows = (await nodeSettings(root)).map(
    ({ flag, variable, default: preset, help }) =>
      `| \`${cell(flag)}\` | \`${variable}\` | ${preset === undefined ? '' : `\`${preset}\``} | ${cell(help)} |`,
  );
  return `${HEAD}\n| flag | variable | default | what |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

/** The environment template as text. */
export async function environmentTemplate(root) {
  const lines = (await nodeSettings(root)).flatMap(({ variable, default: preset, help }) => [
    `# ${help}`,
    variable === 'CONCLAVE_NODE_DATA' ? `${variable}=/var/lib/conclave` : `# ${variable}=${preset ?? ''}`,
    '',
  ]);
  return ['# Settings of a Conclave node. Generated from its table of settings: npm run generate', '', ...lines].join(
    '\n',
  );
}
