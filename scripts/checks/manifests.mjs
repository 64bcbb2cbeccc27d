/**
 * What a package imports stands in its package.json, what stands there is imported, versions are exact, and
 * the compiler's project references say the same. (Which way imports may point is .dependency-cruiser.cjs.)
 *
 * A package that publishes its bundle alone has what it imports inside: that stands among its `devDependencies`, and its dependencies are what
 * the packages inside ask for at run time.
 */
import { builtinModules } from 'node:module';
import { filesBelow, isTestFile, jsonOf, packageNames, textOf } from './files.mjs';

const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire(?:\.resolve)?\(\s*|\bresolve\(\s*)(['"])([^'"\n]+)\1/g;
const EXACT_VERSION = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;

/** Every complaint about the packages' manifests. */
export function checkManifests(root) {
  const shared = new Set(Object.keys(jsonOf(root, 'package.json').devDependencies ?? {}));
  return [...packageNames(root).flatMap((name) => checkManifest(root, name, shared)), ...checkLockFile(root)];
}

/** The lock file repeats what the manifests of the workspaces ask for; `npm ci` refuses one that does not. */
function checkLockFile(root) {
  const locked = jsonOf(root, 'package-lock.json').packages;
  return Object.keys(locked)
    .filter((path) => !path.includes('node_modules'))
    .flatMap((path) => {
      const manifest = jsonOf(root, path === '' ? 'package.json' : `${path}/package.json`);
      const isSame = ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies'].every(
        (kind) => sorted(manifest[kind]) === sorted(locked[path][kind]),
      );
      return isSame ? [] : [`package-lock.json: is behind ${path || 'the root'}'s package.json; run npm install.`];
    });
}

const sorted = (record = {}) => JSON.stringify(Object.entries(record).sort());

function checkManifest(root, name, shared) {
  const folder = `packages/${name}`;
  const manifest = jsonOf(root, `${folder}/package.json`);
  const isBundled = !manifest.files?.includes('dist') && manifest.files?.includes('bundle');
  const installed = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
  const forTests = { ...installed, ...manifest.devDependencies };
  const declared = isBundled ? forTests : installed;
  const used = new Set();
  const inSource = new Set();
  const complaints = [];

  for (const path of filesBelow(root, folder, /\.(ts|m?js)$/)) {
    const isTooling = isTestFile(path) || path.startsWith(`${folder}/scripts/`);
    for (const imported of importedPackages(textOf(root, path))) {
      if (imported === manifest.name) continue;
      used.add(imported);
      if (!isTooling) inSource.add(imported);
      if (imported in (isTooling ? forTests : declared)) continue;
      if (isTooling && (shared.has(imported) || imported === '@conclave/testing')) continue;
      complaints.push(`${path}: imports ${imported}, which ${folder}/package.json does not declare.`);
    }
  }
  const inside = isBundled ? [...inSource].filter((each) => each.startsWith('@conclave/')) : [];
  const manifestsInside = inside.map((each) => jsonOf(root, `${each.replace('@conclave', 'packages')}/package.json`));
  for (const [dependency, version] of Object.entries(installed)) {
    const isMentioned =
      used.has(dependency) ||
      filesBelow(root, `${folder}/src`, /\.ts$/).some((path) => textOf(root, path).includes(`'${dependency}`)) ||
      manifestsInside.some(
        (each) => each.dependencies?.[dependency] === version || each.optionalDependencies?.[dependency] === version,
      );
    if (!isMentioned) complaints.push(`${folder}/package.json: declares ${dependency}, which nothing imports.`);
  }
  for (const [dependency, version] of Object.entries(forTests)) {
    if (!EXACT_VERSION.test(version))
      complaints.push(`${folder}/package.json: ${dependency} is not pinned (${version}).`);
  }
  return [...complaints, ...checkReferences(root, folder, isBundled ? inside : Object.keys(declared))];
}

/** The project references of tsconfig.json are exactly the workspace packages among the dependencies. */
function checkReferences(root, folder, declared) {
  const references = new Set((jsonOf(root, `${folder}/tsconfig.json`).references ?? []).map(({ path }) => path));
  const wanted = declared
    .filter((dependency) => dependency.startsWith('@conclave/'))
    .map((dependency) => dependency.replace('@conclave/', '../'));
  return [
    ...wanted
      .filter((path) => !references.has(path))
      .map((path) => `${folder}/tsconfig.json: lacks the reference ${path}.`),
    ...[...references]
      .filter((path) => !wanted.includes(path))
      .map((path) => `${folder}/tsconfig.json: has the reference ${path}, which is no dependency.`),
  ];
}

/** Names of the packages that a file imports, statically, dynamically or as a type. */
export function importedPackages(text) {
  const code = text.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
  const names = new Set();
  for (const [, , specifier] of code.matchAll(SPECIFIER)) {
    if (/^[./]|^node:/.test(specifier)) continue;
    const parts = specifier.split('/');
    const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
    if (/^(?:@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/.test(name) && !builtinModules.includes(name)) names.add(name);
  }
  return names;
}
