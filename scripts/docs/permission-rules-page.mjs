/** docs/protocol/permission-rules.md: every rule on commits, on joining and on the commit log, from the tables of the client. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtFile, cell } from './markdown.mjs';

const HEAD = `# The rules on commits and welcomes

<!-- Generated from the client's tables of rules: npm run generate -->

No server enforces any of this: every member applies the rules to every commit, and all must come to the same verdict, or the group
forks. Ours refuses exactly what the deployed client refuses, before anything is published as well as on receipt. The name of a rule
travels in the error, as \`details.rule\`. How they play together when several act at once is told in [concurrency.md](concurrency.md).
`;

const TABLES = [
  {
    title: 'A commit',
    source: 'packages/client/src/validation/commit-rule-table.ts',
    table: 'COMMIT_RULES',
    text: 'In the order in which they are judged. Codes: `client/commit-invalid`, for the rule `permissions` `client/permission-denied`, for `minimum-version` `client/group-paused`.',
  },
  {
    title: 'A commit by which somebody joins',
    source: 'packages/client/src/validation/commit-rule-table.ts',
    table: 'EXTERNAL_COMMIT_RULES',
    text: 'Only in groups that have an open invitation ([large-groups.md](large-groups.md)); these in place of the ones above. Code: `client/commit-invalid`.',
  },
  {
    title: 'A welcome',
    source: 'packages/client/src/validation/join-rules.ts',
    table: 'JOIN_RULES',
    text: 'Once MLS has verified it. Code: `client/welcome-invalid`.',
  },
  {
    title: 'A welcome to a conversation that is in use',
    source: 'packages/client/src/welcomes/replacement.ts',
    table: 'REPLACEMENT_RULES',
    text: 'Code: `client/welcome-invalid`; `client/welcome-already-processed` for one that is not newer.',
  },
  {
    title: 'An invitation, for the one who follows it',
    source: 'packages/client/src/invites/invite-rules.ts',
    table: 'INVITE_RULES',
    text: 'Before anything is sent. Code: `client/invite-invalid`.',
  },
  {
    title: 'A line of the commit log',
    source: 'packages/client/src/commit-log/reader-rules.ts',
    table: 'READER_RULES',
    text: 'What breaks one of them is not believed, and nothing else happens.',
  },
];

/** The page as text. */
export async function permissionRulesPage(root) {
  const sections = [];
  for (const entry of TABLES) {
    const rules = (await import(pathToFileURL(join(root, builtFile(entry.source))).href))[entry.table];
    sections.push(section(entry, rules));
  }
  return `${HEAD}\n${sections.join('\n\n')}\n`;
}

function section({ title, source, table, text }, rules) {
  const entries = Object.entries(rules);
  const isPlain = entries.every(([, rule]) => typeof rule === 'string');
  const rows = isPlain
    ? [
        '| rule | what must hold |',
        '| --- | --- |',
        ...entries.map(([name, sentence]) => `| \`${name}\` | ${cell(sentence)} |`),
      ]
    : [
        '| rule | what must hold | from | the deployed client calls a breach |',
        '| --- | --- | --- | --- |',
        ...entries.map(
          ([name, { sentence, section: from, deployedError }]) =>
            `| \`${name}\` | ${cell(sentence)} | ${cell(from)} | ${cell(deployedError)} |`,
        ),
      ];
  return [`## ${title}`, '', `${text} Table \`${table}\` in [${source}](../../${source}).`, '', ...rows].join('\n');
}
