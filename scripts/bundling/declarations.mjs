/**
 * The declarations of a bundled package, with those of everything else in the bundle that they speak of: each file once, beside the bundle,
 * with its imports pointing at the copies. A name that another package's index passes on is looked up where it is declared, so that only
 * files that are needed come along.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const OWN = /^@conclave\/([a-z-]+)(?:\/([a-z-]+))?$/;
/** `import { A, type B as C } from 'x';`, also of types, also `export`. */
const NAMED = /^(import|export) (type )?\{([^}]*)\} from ["']([^"']+)["'];/gm;
const ALL = /^(export \*(?: as \w+)? from )["']([^"']+)["'];/gm;
/** In the middle of a type. */
const INLINE = /\bimport\(["']([^"']+)["']\)/g;
const COMMENT = /\/\*[\s\S]*?\*\//g;
const OTHERS = /\b(?:from |import\()["']([^"']+)["']/g;
/** Libraries inside our bundles whose types our declarations name. */
const LIBRARIES = ['@bufbuild/protobuf'];
const SOURCE_MAP = /\n\/\/# sourceMappingURL=.*\s*$/;

const partsOf = (list) =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((text) => {
      const [original, name = original] = text.replace(/^type /, '').split(' as ');
      return { text, original, name };
    });

/** The file in which `name` is declared, and what it is called there: an index that passes it on is looked through. */
function declaredIn(root, file, name) {
  const text = readFileSync(file, 'utf8');
  for (const [, word, , list, specifier] of text.matchAll(NAMED)) {
    if (word !== 'export') continue;
    const found = partsOf(list).find((part) => part.name === name);
    const target = found && fileOf(root, file, specifier);
    if (target) return declaredIn(root, target, found.original);
    // Passed on from a library: the index says from which.
    if (found) return { file, name };
  }
  return { file, name };
}

/** The declarations that a specifier names, or undefined for what is not in the bundle. */
function fileOf(root, from, specifier) {
  if (specifier.startsWith('.')) return join(dirname(from), specifier.replace(/\.js$/, '.d.ts'));
  const own = OWN.exec(specifier);
  if (own !== null) return join(root, 'packages', own[1], 'dist', own[2] ?? '', 'index.d.ts');
  if (!LIBRARIES.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return undefined;
  return fileURLToPath(import.meta.resolve(specifier)).replace(/\.js$/, '.d.ts');
}

/**
 * Copies what `entry` needs to `folder`.
 * @param root - of the repository
 * @param entry - declarations of the package's index
 * @returns where the copy of `entry` lies, and the specifiers that are left: modules that a user must have
 */
export function copyDeclarations(root, entry, folder) {
  const placeOf = (file) => {
    const path = relative(root, file).split(sep);
    // `packages/NAME/dist/…` and `node_modules/@SCOPE/NAME/dist/esm/…`
    return join(folder, ...(path[0] === 'packages' ? [path[1], ...path.slice(3)] : [path[2], ...path.slice(5)]));
  };
  const left = new Set();
  const copied = new Set();
  const copy = (file) => {
    if (copied.has(file)) return;
    copied.add(file);
    const from = dirname(placeOf(file));
    const pathTo = (target) => {
      copy(target);
      const path = relative(from, placeOf(target))
        .split(sep)
        .join('/')
        .replace(/\.d\.ts$/, '.js');
      return path.startsWith('.') ? path : `./${path}`;
    };
    const text = readFileSync(file, 'utf8')
      .replace(SOURCE_MAP, '\n')
      .replace(INLINE, (words, specifier) => {
        const target = fileOf(root, file, specifier);
        return target === undefined ? words : `import('${pathTo(target)}')`;
      })
      .replace(ALL, (statement, words, specifier) => {
        const target = fileOf(root, file, specifier);
        return target === undefined ? statement : `${words}'${pathTo(target)}';`;
      })
      .replace(NAMED, (statement, word, type, list, specifier) => {
        const index = fileOf(root, file, specifier);
        if (index === undefined) return statement;
        return partsOf(list)
          .map(({ text: part, original, name }) => {
            const { file: target, name: there } = declaredIn(root, index, original);
            const kind = part.startsWith('type ') && !type ? 'type ' : '';
            const renamed = there === name ? name : `${there} as ${name}`;
            return `${word} ${type ?? ''}{ ${kind}${renamed} } from '${pathTo(target)}';`;
          })
          .join('\n');
      });
    for (const [, specifier] of text.replace(COMMENT, '').matchAll(OTHERS)) {
      if (!specifier.startsWith('.')) left.add(specifier);
    }
    mkdirSync(from, { recursive: true });
    writeFileSync(placeOf(file), text);
  };
  copy(entry);
  return { index: placeOf(entry), left: [...left] };
}
