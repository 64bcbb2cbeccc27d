/** docs/errors.md: every error code with its sentence, from the tables in the packages' `errors.ts`. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow, jsonOf, packageNames } from '../checks/files.mjs';
import { builtFile, cell } from './markdown.mjs';

const HEAD = `# Errors

<!-- Generated from the packages' tables of errors: npm run generate -->

Every error that a Conclave package throws derives from \`ConclaveError\` and carries a \`code\` that does not change between
releases, \`retryable\` (the same call may succeed later without a change by the caller) and \`details\`: values that help, never
message text or key material. The cause, where there is one, is kept in \`cause\`.
`;

/** The page as text. */
export async function errorsPage(root) {
  const sections = [];
  for (const name of packageNames(root)) {
    for (const source of filesBelow(root, `packages/${name}/src`, /^errors\.ts$/)) {
      const exported = await import(pathToFileURL(join(root, builtFile(source))).href);
      for (const [table, value] of Object.entries(exported)) {
        if (/_ERRORS$/.test(table)) sections.push(section(root, name, source, table, value));
      }
    }
  }
  return `${HEAD}\n${sections.join('\n\n')}\n`;
}

function section(root, name, source, table, value) {
  const { description } = jsonOf(root, `packages/${name}/package.json`);
  return [
    `## @conclave/${name}`,
    '',
    `${description}. Table \`${table}\` in [${source}](../${source}).`,
    '',
    '| code | what happened, what to do | try again |',
    '| --- | --- | --- |',
    ...Object.entries(value).map(
      ([code, { message, retryable }]) => `| \`${code}\` | ${cell(message)} | ${retryable ? 'yes' : 'no'} |`,
    ),
  ].join('\n');
}
