/**
 * Rules for source files that no linter knows: length, docstrings on exports, typed errors, named exports,
 * no test switched off. They read text, not syntax trees; the formatter makes that dependable.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, isTestFile, jsonOf, packageNames, textOf } from './files.mjs';

/** A file beyond this length hides more than one concept. */
const MAXIMUM_LINES = 600;

const EXPORT =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|class|const|let|interface|type|enum) (\w+)/;
/** A package that is loaded when it is wanted; the first group is its name. */
const LOADED = /\bawait import\('((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[^']*)?'\)/g;
/** The type that belongs to a table of values: the table carries the docstring. */
const DERIVED_TYPE = /^export type \w+ = \(?(?:keyof )?typeof \w+/;

/** Every complaint about the sources, each `path:line: sentence`. */
export function checkSources(root) {
  const sources = packageNames(root).flatMap((name) => [
    ...filesBelow(root, `packages/${name}/src`, /\.ts$/),
    ...filesBelow(root, `packages/${name}/test`, /\.ts$/),
  ]);
  const scripts = ['scripts', 'interop', 'bench', 'docs', 'examples'].flatMap((folder) =>
    filesBelow(root, folder, /\.(m?js|cjs|ts|sh)$/),
  );
  return [
    ...[...sources, ...scripts].flatMap((path) => checkLength(path, textOf(root, path))),
    ...sources.flatMap((path) => checkSource(path, textOf(root, path), (name) => isOlderModule(root, name))),
  ];
}

/** Complains about a file that is too long. */
export function checkLength(path, text) {
  const lines = text.trimEnd().split('\n').length;
  return lines > MAXIMUM_LINES ? [`${path}: ${lines} lines; split it, the limit is ${MAXIMUM_LINES}.`] : [];
}

/** Whether a package is written in the older module system (CommonJS). */
function isOlderModule(root, name) {
  const manifest = `node_modules/${name}/package.json`;
  return existsSync(join(root, manifest)) && jsonOf(root, manifest).type !== 'module';
}

/** Complaints about one TypeScript file of a package. */
export function checkSource(path, text, isOlder = () => false) {
  const lines = text.split('\n');
  const isTest = isTestFile(path);
  const complaints = [];
  const complain = (index, sentence) => complaints.push(`${path}:${index + 1}: ${sentence}`);
  let previousExport = '';
  lines.forEach((line, index) => {
    const code = line.replace(/\/\/.*$/, '').replace(/^\s*\*.*$/, '');
    if (/\bTODO\b|\bFIXME\b/.test(line)) complain(index, 'unfinished work is an issue, not a comment.');
    if (isTest) {
      if (/\b(?:it|test|describe)\.(?:only|skip|todo|fails)\b/.test(code))
        complain(index, 'a test is switched off or alone.');
      return;
    }
    const name = EXPORT.exec(line)?.[1];
    // Further overloads of one function stand under the docstring of the first.
    if (name && name !== previousExport && !DERIVED_TYPE.test(line) && !hasDocstring(lines, index))
      complain(index, `${name} is exported without a docstring.`);
    if (name) previousExport = name;
    if (/\bnew (?:Error|TypeError|RangeError)\(/.test(code))
      complain(index, "throw the package's own error class with a code.");
    for (const [, loaded] of code.matchAll(LOADED)) {
      if (isOlder(loaded))
        complain(index, `a bundle gives import() no names of ${loaded}; import() a module that exports them by name.`);
    }
    if (/^export \* from/.test(code) && path.endsWith('index.ts')) complain(index, 'list the exports by name.');
  });
  return complaints;
}

/**
 * Whether a documentation comment ends right above a line. Lint notes stand between; lines of constants that
 * follow each other without a gap share the docstring of the first.
 */
function hasDocstring(lines, index) {
  let above = index - 1;
  while (above >= 0 && /^(?:\/\/ biome-ignore|export const .*;$)/.test(lines[above])) above--;
  if (above < 0 || !lines[above].trimEnd().endsWith('*/')) return false;
  while (above >= 0 && !lines[above].includes('/*')) above--;
  return above >= 0 && lines[above].trimStart().startsWith('/**');
}
