/** docs/protocol/validation.md: every rule of `packages/mls` with its section and the presets that enforce it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow, isTestFile, textOf } from '../checks/files.mjs';
import { builtFile, cell } from './markdown.mjs';

const HEAD = `# The rules of MLS, and which are enforced

<!-- Generated from packages/mls/src/validation: npm run generate -->

Every check by which \`@conclave/mls\` refuses well-formed input has a name, which travels in the error: \`mls/validation\` with \`rule\` and
\`section\` in its details. The group is as it was before. Sections are those of RFC 9420 unless they name another document.

A *policy* says which rules are enforced. The preset \`rfc\` enforces what RFC 9420 demands. \`xmtp\` does in everything as the deployed client
(libxmtp 1.10.0), so that a member never refuses what the others of its group accept, nor accepts what they refuse: what is asked of a leaf
is what the context before the commit requires, every extension of a new context is listed in its own required_capabilities, and a reinit is
a commit like any other. \`createPolicy\` makes others. *Always* are rules without which nothing sensible could follow: no policy waives them.

Each rule has a test that breaks it and no other (\`expectRule\` in [packages/mls](../../packages/mls); [every-rule.test.ts](../../packages/mls/test/rules/every-rule.test.ts) finds a rule without one).
What keeps each demand of the standard, by rules and otherwise, is told in [rfc9420.md](rfc9420.md).
`;

const SOURCES = 'packages/mls/src';

/** The page as text. */
export async function validationPage(root) {
  const { RFC_POLICY, XMTP_POLICY } = await importBuilt(root, `${SOURCES}/index.ts`);
  const code = filesBelow(root, SOURCES, /\.ts$/)
    .filter((path) => !isTestFile(path))
    .map((path) => textOf(root, path))
    .join('\n');
  const isAlways = (rule) =>
    code.includes(`violation('${rule}'`) && !new RegExp(`(check|refuse)\\(\\s*\\w+,\\s*'${rule}'`).test(code);
  const row = ([rule, { section, sentence }]) => {
    const presets = [RFC_POLICY, XMTP_POLICY].map((policy) =>
      policy.enforces(rule) ? (isAlways(rule) ? 'always' : 'yes') : 'no',
    );
    return `| \`${rule}\` | ${cell(sentence)} | ${section} | ${presets.join(' | ')} |`;
  };
  const sections = [];
  for (const source of filesBelow(root, `${SOURCES}/validation`, /-rules\.ts$/)) {
    for (const [name, rules] of Object.entries(await importBuilt(root, source))) {
      if (!name.endsWith('_RULES')) continue;
      sections.push([
        `## ${titleOf(textOf(root, source))}`,
        '',
        `Table \`${name}\` in [${source}](../../${source}).`,
        '',
        '| rule | what must hold | section | rfc | xmtp |',
        '| --- | --- | --- | --- | --- |',
        ...Object.entries(rules).map(row),
      ]);
    }
  }
  return `${HEAD}\n${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const importBuilt = (root, source) => import(pathToFileURL(join(root, builtFile(source))).href);

/** The first sentence of the file's comment, without the sections in brackets. */
const titleOf = (text) =>
  cell((/\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? '').replace(/^\s*\*/gm, '').split('(')[0]).replace(/[.:]$/, '');
