/**
 * docs/protocol/validation.md: every rule by which input is refused, from the tables `…_RULES` of the packages, and which
 * of the MLS rules the two policies enforce.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow, isTestFile, packageNames, textOf } from '../checks/files.mjs';
import { builtFile, cell, commentText } from './markdown.mjs';

const HEAD = `# Validation

<!-- Generated from the tables of rules: npm run generate -->

Everything that is refused breaks a rule with a name. The name travels in the error (\`details.rule\`), and every rule has a test
that breaks this rule and no other. Sections without a document are of RFC 9420; rules of Conclave itself are bounds that the
standards leave open.

An MLS group is judged by a policy, which enforces or waives each rule. Two come with the engine: **rfc** is RFC 9420 to the
letter, **xmtp** is what the deployed XMTP client (libxmtp 1.10.0) accepts and refuses. Rules marked ● hold under every policy,
because nothing sensible could follow from breaking them.
`;

const TABLE = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport const (\w+_RULES) =/g;

/** The page as text. */
export async function validationPage(root) {
  const load = (source) => import(pathToFileURL(join(root, builtFile(source))).href);
  const presets = await load('packages/mls/src/validation/presets.ts');
  const sections = [];
  for (const name of ['mls', ...packageNames(root).filter((other) => other !== 'mls')]) {
    for (const source of filesBelow(root, `packages/${name}/src`, /\.ts$/).filter((path) => !isTestFile(path))) {
      for (const [, comment, table] of textOf(root, source).matchAll(TABLE)) {
        const rules = (await load(source))[table];
        if (typeof rules !== 'object' || rules === null) continue;
        const title = `${heading(table)} (@conclave/${name})`;
        const introduction = `${commentText(comment)} Table \`${table}\` in [${source}](../../${source}).`;
        sections.push([`## ${title}`, '', introduction, '', ...rows(rules, name === 'mls' ? presets : undefined)].join('\n'));
      }
    }
  }
  return [HEAD, ...sections, differences(presets)].join('\n\n').replace(/\n{3,}/g, '\n\n').concat('\n');
}

/** `GROUP_RULES` as a person would say it. */
function heading(table) {
  const words = table.replace(/_RULES$/, '').toLowerCase().replaceAll('_', ' ');
  return `Rules: ${words}`;
}

function rows(rules, presets) {
  const hasDeployed = Object.values(rules).some((rule) => 'deployedError' in rule);
  const extra = presets ? ['rfc', 'xmtp'] : hasDeployed ? ['deployed client'] : [];
  const head = ['rule', 'section', 'what must hold', ...extra];
  const lines = Object.entries(rules).map(([name, rule]) => {
    const { section, sentence } = typeof rule === 'string' ? { sentence: rule } : rule;
    const marks = presets
      ? [presets.RFC_POLICY, presets.XMTP_POLICY].map((policy) => mark(rule, policy.enforces(name)))
      : hasDeployed
        ? [cell(rule.deployedError ?? '')]
        : [];
    return `| ${[`\`${name}\``, cell(section ?? ''), cell(sentence ?? ''), ...marks].join(' | ')} |`;
  });
  return [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...lines];
}

const mark = ({ always }, enforced) => (always ? '●' : enforced ? '✓' : '–');

/** What the policies do instead of what they waive. */
function differences({ RFC_WAIVERS, XMTP_WAIVERS }) {
  const list = (waivers) => Object.entries(waivers).map(([name, reason]) => `| \`${name}\` | ${cell(reason)} |`);
  return [
    '## Where the policies differ',
    '',
    'Rules with section "libxmtp 1.10.0" are the deployed client’s own; **rfc** waives them. Beyond these:',
    '',
    '| waived by **rfc** | why |',
    '| --- | --- |',
    ...list(RFC_WAIVERS),
    '',
    '| waived by **xmtp** | what the deployed client does |',
    '| --- | --- |',
    ...list(XMTP_WAIVERS),
  ].join('\n');
}
