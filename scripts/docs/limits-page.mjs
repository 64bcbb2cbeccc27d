/** docs/limits.md: every bound with its value, from the constants `MAX_…` of the packages and the limits of the node. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow, isTestFile, packageNames, textOf } from '../checks/files.mjs';
import { builtFile, cell, commentText } from './markdown.mjs';

const HEAD = `# Limits

<!-- Generated from the constants of the packages: npm run generate -->

Everything that comes from outside is bounded. What lies beyond a bound is refused with a typed error ([errors.md](errors.md)) and changes
nothing; a bound that only splits work into calls says so.
`;

const CONSTANT = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n((?:export const \w+.*\n)+)/g;
const BOUND = /^export const ((?:MAX_|MAXIMUM_)\w+|\w+_(?:MAX|LIMIT)(?:_\w+)?)\b/;
const FIELD = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+): number;/g;

/** The page as text. */
export async function limitsPage(root) {
  const sections = [await nodeSection(root)];
  for (const name of packageNames(root)) sections.push(await packageSection(root, name));
  return `${HEAD}\n${sections.filter(Boolean).join('\n\n')}\n`;
}

/** The node's limits are an interface with defaults, because an operator may change them. */
async function nodeSection(root) {
  const source = 'packages/node/src/limits.ts';
  if (!existsSync(join(root, source))) return undefined;
  const { DEFAULT_LIMITS } = await import(pathToFileURL(join(root, builtFile(source))).href);
  const rows = [...textOf(root, source).matchAll(FIELD)].map(
    ([, comment, field]) => `| \`${field}\` | ${show(DEFAULT_LIMITS[field])} | ${commentText(comment)} |`,
  );
  return table('The node', `Defaults of \`NodeLimits\` in [${source}](../${source}).`, 'limit', rows);
}

async function packageSection(root, name) {
  const rows = [];
  for (const source of filesBelow(root, `packages/${name}/src`, /\.ts$/).filter((path) => !isTestFile(path))) {
    let exported;
    for (const [, comment, lines] of textOf(root, source).matchAll(CONSTANT)) {
      for (const line of lines.trim().split('\n')) {
        const constant = BOUND.exec(line)?.[1];
        if (constant === undefined) continue;
        exported ??= await import(pathToFileURL(join(root, builtFile(source))).href);
        rows.push(`| [\`${constant}\`](../${source}) | ${show(exported[constant])} | ${commentText(comment)} |`);
      }
    }
  }
  return rows.length === 0 ? undefined : table(`@conclave/${name}`, undefined, 'constant', rows);
}

function table(title, introduction, first, rows) {
  return [
    `## ${title}`,
    '',
    ...(introduction ? [introduction, ''] : []),
    `| ${first} | value | what it bounds |`,
    '| --- | ---: | --- |',
    ...rows,
  ].join('\n');
}

/** Numbers as people read them; a map as its entries. */
function show(value) {
  if (value instanceof Map) return [...value].map(([key, entry]) => cell(`${key} ${show(entry)}`)).join(', ');
  if (typeof value !== 'number' && typeof value !== 'bigint') return cell(String(value));
  return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
}
