/**
 * docs/api/NAME.md: everything that a package shows, as its built declarations say it. A change of a public name, parameter or type shows in
 * the difference of this file.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const EXPORT_LIST = /^export (type )?\{([^}]*)\}(?: from '([^']+)')?;/gm;
const IMPORT_LIST = /^import (?:type )?\{([^}]*)\} from '([^']+)';/gm;

const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\/\/.*$/gm, '');
const partsOf = (list) =>
  list
    .split(',')
    .map((part) => part.trim().replace(/^type /, ''))
    .filter(Boolean)
    .map((part) => {
      const [original, name = original] = part.split(' as ');
      return { original, name };
    });

/** The declaration file that an import names. */
function targetOf(root, from, specifier) {
  if (specifier.startsWith('.')) return join(dirname(from), specifier.replace(/\.js$/, '.d.ts'));
  const own = /^@conclave\/([a-z-]+)$/.exec(specifier);
  return own === null ? undefined : join(root, 'packages', own[1], 'dist/index.d.ts');
}

/** The declaration of a name, wherever it stands. @returns its text, and the file */
function declarationOf(root, file, name) {
  const text = withoutComments(readFileSync(file, 'utf8'));
  const start = new RegExp(
    `^(export )?(declare )?(abstract )?(class|interface|type|function|const|let) ${name.replace(/\$/g, '\\$')}\\b`,
    'm',
  ).exec(text);
  if (start !== null) return { file, text: statementAt(text, start.index) };
  for (const [, , list, specifier] of text.matchAll(EXPORT_LIST)) {
    const found = partsOf(list).find((part) => part.name === name);
    const target = specifier && targetOf(root, file, specifier);
    if (found !== undefined && target) return declarationOf(root, target, found.original);
  }
  for (const [, list, specifier] of text.matchAll(IMPORT_LIST)) {
    const found = partsOf(list).find((part) => part.name === name);
    const target = targetOf(root, file, specifier);
    if (found !== undefined && target) return declarationOf(root, target, found.original);
  }
  return undefined;
}

/** From `index` to the end of the statement: the first line end outside all brackets. Overloads are taken one by one. */
function statementAt(text, index) {
  let depth = 0;
  for (let end = index; end < text.length; end++) {
    const character = text[end];
    if ('{(['.includes(character)) depth += 1;
    else if ('})]'.includes(character)) depth -= 1;
    else if (character === '\n' && depth === 0 && /[;}]$/.test(text.slice(index, end))) return text.slice(index, end);
  }
  return text.slice(index);
}

/** Without blank lines, private parts and `export declare`. */
function tidy(text) {
  return text
    .replace(/^export (declare )?/, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*(#private|private |protected )/.test(line))
    .join('\n');
}

/** Names that an index file shows. */
function namesOf(file) {
  const text = withoutComments(readFileSync(file, 'utf8'));
  return [...text.matchAll(EXPORT_LIST)].flatMap(([, , list]) => partsOf(list)).map(({ name }) => name);
}

/** The page of one package; classes that its classes inherit from, and does not show, stand beside them. */
export function apiReport(name) {
  return (root) => {
    const index = join(root, 'packages', name, 'dist/index.d.ts');
    const texts = new Map();
    const add = (file, symbol) => {
      if (texts.has(symbol)) return;
      const found = declarationOf(root, file, symbol);
      texts.set(symbol, found === undefined ? `${symbol}: not found` : tidy(found.text));
      const base = found && /^(?:export )?(?:declare )?class [^{]*? extends ([A-Z]\w+)/.exec(found.text);
      if (base && base[1] !== 'Error' && base[1] !== 'ConclaveError') add(found.file, base[1]);
    };
    for (const symbol of namesOf(index)) add(index, symbol);
    const sorted = [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
    return `<!-- Generated from the declarations of packages/${name}: npm run generate -->

# What @conclave/${name} shows

${sorted.length} names.

\`\`\`ts
${sorted.map(([, text]) => text).join('\n\n')}
\`\`\`
`;
  };
}
